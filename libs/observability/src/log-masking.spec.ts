import { QueryFailedError } from 'typeorm';
import { errorFields, maskFields, maskKeys, maskUrl } from './log-masking';

const CANARY = 'canary-7f3a';

it.each([
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'password',
  'db_password',
  'passwd',
  'token',
])('hides the value of %s', (name) => {
  expect(maskFields({ [name]: CANARY })).toEqual({ [name]: '[redacted]' });
});

it.each(['accessToken', 'client_secret', 'OPENAI_API_KEY', 'apiKey', 'refresh-token'])(
  'hides the value of %s',
  (name) => {
    expect(maskFields({ [name]: { nested: CANARY } })).toEqual({ [name]: '[redacted]' });
  },
);

it.each(['payload', 'body', 'sql', 'query', 'parameters'])('leaves out %s', (name) => {
  expect(maskFields({ [name]: { text: CANARY } })).toEqual({ [name]: '[omitted]' });
});

it('hides secrets at every depth, in lists, class instances and what toJSON gives', () => {
  class Login {
    readonly user = 'ann';
    readonly password = CANARY;
  }
  const fields = {
    a: { b: { c: { d: [{ token: CANARY }, new Login()] } } },
    login: { toJSON: () => ({ secret: CANARY, ok: true }) },
    at: new Date('2026-01-31T12:00:00Z'),
    bytes: Buffer.from(CANARY),
    big: 12n,
  };

  expect(maskFields(fields)).toEqual({
    a: { b: { c: { d: [{ token: '[redacted]' }, { user: 'ann', password: '[redacted]' }] } } },
    login: { secret: '[redacted]', ok: true },
    at: '2026-01-31T12:00:00.000Z',
    bytes: '[binary]',
    big: '12',
  });
});

it('keeps counts, and fields that merely have no value', () => {
  const fields = { input_tokens: 12, has_token: true, token: null, secret: undefined };

  expect(maskFields(fields)).toEqual(fields);
});

it('ends on cycles, and does not change the original', () => {
  const fields: Record<string, unknown> = { token: CANARY };
  fields['self'] = fields;

  expect(JSON.stringify(maskFields(fields))).toMatch(/\[too deep\]/);
  expect(fields['token']).toBe(CANARY);
});

it('takes from an error what helps, not the statement and the values that a driver hangs on it', () => {
  const driverError = Object.assign(new Error('duplicate key'), { code: '23505', detail: `Key (id)=(${CANARY})` });
  const failed = new QueryFailedError(`insert into events values ('${CANARY}')`, [CANARY], driverError);
  const error = new Error('not stored', { cause: failed });

  const logged = errorFields(error);

  expect(logged).toMatchObject({
    type: 'Error',
    message: 'not stored',
    cause: { type: 'QueryFailedError', code: '23505' },
  });
  expect(JSON.stringify(logged)).not.toContain(CANARY);
  expect((logged as { stack: string }).stack).toContain('log-masking.spec.ts');
});

it('treats an error in any other field alike', () => {
  const error = Object.assign(new Error('lost'), { code: 'ECONNRESET', detail: CANARY });

  const logged = maskFields({ reason: error, list: [error] });

  expect(logged).toMatchObject({ reason: { message: 'lost', code: 'ECONNRESET' }, list: [{ message: 'lost' }] });
  expect(JSON.stringify(logged)).not.toContain(CANARY);
});

it('keeps the parts of an AggregateError, and ends on a cause that causes itself', () => {
  const error = new AggregateError([new Error('IPv4'), new Error('IPv6')], 'cannot connect');
  error.cause = error;

  expect(errorFields(error)).toMatchObject({
    errors: [{ message: 'IPv4' }, { message: 'IPv6' }],
    cause: { type: 'AggregateError' },
  });
});

it.each([
  ['/events?type=a*&limit=5', '/events?type=a*&limit=5'],
  [`/ws?token=${CANARY}&x=1`, '/ws?token=[redacted]&x=1'],
  [`/hook?x=1&api_key=${CANARY}`, '/hook?x=1&api_key=[redacted]'],
  ['/events', '/events'],
])('logs the URL %s as %s', (url, logged) => {
  expect(maskUrl(url)).toBe(logged);
});

it('takes the secret out of API keys, wherever they stand', () => {
  const line = `GET /rfx_0123456789_${'s'.repeat(43)}?key=rfx_0123456789_${'s'.repeat(43)} 404`;

  expect(maskKeys(line)).toBe('GET /rfx_0123456789_[redacted]?key=rfx_0123456789_[redacted] 404');
});
