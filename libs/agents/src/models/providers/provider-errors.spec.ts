import { PermanentError, RetryLater } from '@reflex/core';
import { ModelRefused, ModelUnavailable } from '../..';
import { openCourt, respond, type Court } from '../../testing/court';

let court: Court;

afterEach(() => court.close());

describe('faults of the provider', () => {
  const fault = (status: number, message = 'No', more: { retryAfter?: number; code?: string } = {}) => ({
    status,
    error: { message, code: more.code },
    retryAfter: more.retryAfter,
  });

  it('comes back later when told when, and asks only once', async () => {
    court = await openCourt(fault(429, 'Slow down', { retryAfter: 7 }), respond);

    const error = await court.judge.run('x').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(RetryLater);
    expect((error as RetryLater).delayMs).toBeGreaterThanOrEqual(7_000);
    expect((error as RetryLater).delayMs).toBeLessThan(8_000);
    expect(court.server.requests()).toHaveLength(1);
  });

  it.each([
    [401, /OPENAI_API_KEY/],
    [403, /OPENAI_API_KEY/],
    [404, /no model openai:gpt-4o-mini.*DEFAULT_MODEL/],
    [400, /openai:gpt-4o-mini refuses the request.*said by it/],
  ])('gives up at once on %i, with a sentence that says what to do', async (status, sentence) => {
    court = await openCourt(fault(status, 'said by it'), respond);

    const error = await court.judge.run('x').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ModelRefused);
    expect((error as Error).message).toMatch(sentence);
    expect(court.server.requests()).toHaveLength(1);
  });

  it('gives up when the account is empty', async () => {
    court = await openCourt(fault(429, 'You exceeded your quota', { code: 'insufficient_quota', retryAfter: 1 }));

    await expect(court.judge.run('x')).rejects.toBeInstanceOf(ModelRefused);
  });

  it('leaves 500 to the next attempt', async () => {
    court = await openCourt(fault(500), respond);

    const error = await court.judge.run('x').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ModelUnavailable);
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(court.server.requests()).toHaveLength(1);
  });

  it('leaves a server that is not there to the next attempt', async () => {
    court = await openCourt();
    await court.server.stop();

    await expect(court.judge.run('x')).rejects.toBeInstanceOf(ModelUnavailable);
  });
});
