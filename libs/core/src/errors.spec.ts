import { InvalidJson, InvalidSetting, NotFound, PermanentError, ReflexError, RetryLater } from '@reflex/core';

it.each([
  [new PermanentError('No.'), 'permanent_error', 422],
  [new RetryLater('Later.', 3_000), 'retry_later', 503],
  [new NotFound('Gone.'), 'not_found', 404],
  [new InvalidSetting('Wrong.'), 'invalid_setting', 500],
  [new InvalidJson('json_too_deep', 'Deep.'), 'json_too_deep', 422],
])('%s has a stable code and a status', (error, code, status) => {
  expect(error).toBeInstanceOf(ReflexError);
  expect(error).toMatchObject({ code, status, name: error.constructor.name });
});

it('keeps the cause and the details', () => {
  const cause = new Error('socket hang up');

  const error = new NotFound('No event "x".', { cause, details: { id: 'x' } });

  expect(error.cause).toBe(cause);
  expect(error.details).toEqual({ id: 'x' });
});

it('has no cause unless given one', () => {
  expect(Object.hasOwn(new NotFound('No event "x".'), 'cause')).toBe(false);
});

it('lets an owner derive errors with a code of their own', () => {
  class CardRefused extends PermanentError {
    override readonly code = 'card_refused';
  }

  expect(new CardRefused('Ask for another card.')).toMatchObject({
    code: 'card_refused',
    name: 'CardRefused',
    status: 422,
  });
  expect(new CardRefused('Ask for another card.')).toBeInstanceOf(PermanentError);
});

it('tells how long to wait, in milliseconds', () => {
  expect(new RetryLater('The model is busy.', 3_000).delayMs).toBe(3_000);
});
