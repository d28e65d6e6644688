import { hideInLogs } from './log-masking';
import { Redactor } from './redactor';

const redact = <T>(value: T): T => new Redactor().redact(value);

it('replaces the same value by the same placeholder, in whatever text it stands', () => {
  const redactor = new Redactor();

  const redacted = redactor.redact({
    payload: { customer: 'ann@shop.test', copy: 'bob@shop.test' },
    prompt: 'Write to ann@shop.test. {"from":"bob@shop.test"}',
  });

  expect(redacted).toEqual({
    payload: { customer: 'person1@example.com', copy: 'person2@example.com' },
    prompt: 'Write to person1@example.com. {"from":"person2@example.com"}',
  });
  expect(redactor.counts).toEqual({ email: 2, phone: 0, secret: 0 });
});

it('keeps the shape of telephone numbers', () => {
  expect(redact(['+49 170 1234567', '(030) 901820-1', 'Call +1-555-867-5309 or +49 170 1234567.'])).toEqual([
    '+00 000 0000001',
    '(000) 000000-2',
    'Call +0-000-000-0003 or +00 000 0000001.',
  ]);
});

it('replaces values of fields with secret-looking names, also where other texts quote them', () => {
  expect(
    redact({ api_key: 'hunter"22', text: 'The key is hunter"22.', quoted: '{"key":"hunter\\"22"}', tokens: 7 }),
  ).toEqual({
    api_key: '[secret 1]',
    text: 'The key is [secret 1].',
    quoted: '{"key":"[secret 1]"}',
    tokens: 7,
  });
});

it.each([
  'sk-proj-abcdefghij0123456789',
  'ghp_abcdefghijklmnopqrstuvwxyz012345',
  'xoxb-123456789012-abcdefghijkl',
  'AKIAIOSFODNN7EXAMPLE',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
])('replaces the token %s', (token) => {
  expect(redact(`Use ${token} here`)).toBe('Use [secret 1] here');
});

it('replaces what stands behind "Bearer", and secrets of the configuration', () => {
  hideInLogs('canary-of-redactor');

  expect(redact('Authorization: Bearer abcdefghijkl.mnop= and canary-of-redactor')).toBe(
    'Authorization: Bearer [secret 1] and [redacted]',
  );
});

it('leaves alone what only looks like it', () => {
  const value = {
    id: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    at: '2026-11-20T14:25:09.123Z',
    text: 'Order 4711-0815 of 2026-11-20 or 04/11/2026 costs 1,200.50; 5 of 7 lines; version 1.2.3; 192.168.100.200; a@b',
    hash: 'd41d8cd98f00b204e9800998ecf8427e',
    amount: 1_200,
    none: null,
    yes: true,
  };

  expect(redact(value)).toEqual(value);
});
