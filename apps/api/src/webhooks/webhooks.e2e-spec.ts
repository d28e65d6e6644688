import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { testBed, type Answer, type TestService } from '../testing/test-service';

const SECRET = 'a-secret-of-sixteen-and-more';
// The package has types only; its payloads are JSON files.
const EXAMPLES = createRequire(__filename)('@octokit/webhooks-examples/api.github.com/index.json') as {
  name: string;
  examples: object[];
}[];

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed({ GITHUB_WEBHOOK_SECRET: SECRET, RATE_LIMIT_REQUESTS: '0' });
  service = bed.service;
});
afterAll(() => bed.stop());

function deliver(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  return service.request('POST', '/webhooks/github', {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': randomUUID(),
      'x-github-event': 'issues',
      'x-hub-signature-256': signature,
      authorization: 'Bearer never-to-be-stored',
      cookie: 'session=never-to-be-stored',
      ...headers,
    },
  });
}

it('stores every real payload of GitHub as it came', async () => {
  const payloads = EXAMPLES.flatMap(({ name, examples }) => examples.map((example) => ({ name, example })));
  expect(payloads.length).toBeGreaterThan(100);

  await Promise.all(
    payloads.map(async ({ name, example }) => {
      const answer = await deliver(JSON.stringify(example), { 'x-github-event': name });
      expect([name, answer.status, answer.body]).toEqual([name, 201, { id: answer.body.id, status: 'published' }]);
      const stored = await service.get(`/events/${answer.body.id}`);
      expect(stored.body).toMatchObject({
        type: 'http.request',
        source: 'webhook:github',
        method: 'POST',
        path: '/webhooks/github',
        headers: { 'x-github-event': name, 'x-github-delivery': expect.any(String) as string },
        body: example,
      });
    }),
  );
});

it('keeps only headers that are on its list', async () => {
  const { body } = await deliver('{"a":1}');

  const stored = await service.get(`/events/${body.id}`);

  expect(stored.text).not.toContain('never-to-be-stored');
  expect(Object.keys(stored.body.headers as object)).not.toContain('x-hub-signature-256');
});

it('stores a delivery that GitHub repeats once', async () => {
  const id = { 'x-github-delivery': randomUUID() };

  const [first, again] = [await deliver('{"a":1}', id), await deliver('{"a":1}', id)];

  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body.id).toBe(first.body.id);
});

it('takes a signed payload with more keys than others may send', async () => {
  const large = Object.fromEntries(Array.from({ length: 3_000 }, (_value, index) => [`k${index}`, index]));

  expect((await deliver(JSON.stringify(large))).status).toBe(201);
});

it.each([
  ['no signature', '{"a":1}', { 'x-hub-signature-256': '' }, 401, 'invalid_signature'],
  ['a wrong one', '{"a":1}', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, 401, 'invalid_signature'],
  ['the old kind', '{"a":1}', { 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=0' }, 401, 'invalid_signature'],
  ['no delivery id', '{"a":1}', { 'x-github-delivery': '' }, 400, 'missing_delivery_id'],
  ['a strange delivery id', '{"a":1}', { 'x-github-delivery': "a'; --" }, 400, 'missing_delivery_id'],
  ['broken JSON', '{"a":', {}, 400, 'malformed_json'],
  ['NUL', '{"a":"\\u0000"}', {}, 422, 'json_nul_character'],
  ['__proto__', '{"__proto__":{}}', {}, 422, 'json_forbidden_key'],
  ['too much', JSON.stringify({ a: 'x'.repeat(256 * 1024) }), {}, 413, 'body_too_large'],
])('refuses %s', async (_what, body, headers, status, code) => {
  const answer = await deliver(body, headers);

  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
});

it('is switched off without a secret', async () => {
  const other = await testBed();

  const answer = await other.service.post('/webhooks/github', {});

  expect(answer).toMatchObject({ status: 404, body: { error: { code: 'webhook_not_configured' } } });
  await other.stop();
});
