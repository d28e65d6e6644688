import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { testBed, type Answer, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed({ RATE_LIMIT_REQUESTS: '0' });
  service = bed.service;
});
afterAll(() => bed.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const send = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  service.request('POST', '/events', { body, headers });

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const payload = (json: string) => `{"type":"http","payload":${json}}`;
const keys = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_value, index) => [`k${index}`, index])));

describe('POST /events answers 4xx with a code and a sentence to', () => {
  const cases: [what: string, body: string | Buffer, status: number, code: string, headers?: Record<string, string>][] =
    [
      ['an unknown type', '{"type":"no.such"}', 422, 'unknown_event_type'],
      ['no type', '{"payload":{}}', 422, 'invalid_event'],
      ['a type that is no text', '{"type":7}', 422, 'invalid_event'],
      ['a missing field', '{"type":"http"}', 422, 'invalid_event'],
      ['an unknown field', '{"type":"http","payload":{},"extra":1}', 422, 'invalid_event'],
      ['a type of the server', '{"type":"timer.tick","timer_name":"x","tick_count":1}', 422, 'reserved_type'],
      ['a lifecycle event', '{"type":"lifecycle","action":"started"}', 422, 'reserved_type'],
      ['a forged depth', '{"type":"http","payload":{},"meta":{"depth":0}}', 422, 'reserved_field'],
      ['a forged cause', '{"type":"http","payload":{},"meta":{"causation_id":"x"}}', 422, 'reserved_field'],
      ['a forged tenant', '{"type":"http","payload":{},"tenant":"x"}', 422, 'reserved_field'],
      ['nothing', '', 400, 'empty_body'],
      ['null', 'null', 400, 'empty_body'],
      ['text', '"hello"', 422, 'invalid_event'],
      ['a number', '7', 422, 'invalid_event'],
      ['an empty array', '[]', 422, 'wrong_batch_size'],
      ['501 events', `[${Array(501).fill('{}').join()}]`, 422, 'wrong_batch_size'],
      ['half an object', '{"type":"http"', 400, 'malformed_json'],
      ['JSON with a comma too many', '{"type":"http",}', 400, 'malformed_json'],
      ['NaN', payload('{"a":NaN}'), 400, 'malformed_json'],
      ['a number beyond JSON', payload('{"a":1e999}'), 422, 'number_out_of_range'],
      ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400, 'malformed_json'],
      ['a byte order mark', Buffer.from('\uFEFF{"type":"http","payload":{}}'), 400, 'malformed_json'],
      ['more than 256 KiB', payload(JSON.stringify({ a: 'x'.repeat(256 * 1024) })), 413, 'body_too_large'],
      ['2 MB', 'x'.repeat(2_000_000), 413, 'body_too_large'],
      ['33 levels', payload(`{"a":${nested(31)}}`), 422, 'json_too_deep'],
      ['10,000 levels', payload(`{"a":${nested(10_000)}}`), 422, 'json_too_deep'],
      ['100,000 open brackets', '['.repeat(100_000), 400, 'malformed_json'],
      ['10,000 keys', payload(keys(10_000)), 422, 'json_too_many_keys'],
      ['NUL in a text', payload('{"a":"\\u0000"}'), 422, 'json_nul_character'],
      ['NUL in a key', payload('{"\\u0000":1}'), 422, 'json_nul_character'],
      ['NUL in the id', '{"id":"\\u0000","type":"http","payload":{}}', 422, 'json_nul_character'],
      ['half a surrogate pair', payload('{"a":"\\ud800"}'), 422, 'json_lone_surrogate'],
      ['__proto__', payload('{"__proto__":{"polluted":1}}'), 422, 'json_forbidden_key'],
      ['__proto__ at the top', '{"type":"http","payload":{},"__proto__":{"polluted":1}}', 422, 'json_forbidden_key'],
      ['constructor', payload('{"constructor":{"prototype":{"polluted":1}}}'), 422, 'json_forbidden_key'],
      ['a text body', 'hello', 415, 'unsupported_media_type', { 'content-type': 'text/plain' }],
      ['a form', 'type=http', 415, 'unsupported_media_type', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['XML', '<a/>', 415, 'unsupported_media_type', { 'content-type': 'application/xml' }],
      ['a type that is only similar', '{}', 415, 'unsupported_media_type', { 'content-type': 'application/jsonp' }],
      ['no content type', Buffer.from('{}'), 415, 'unsupported_media_type', { 'content-type': '' }],
      ['gzip', gzipSync('{}'), 415, 'unsupported_content_encoding', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
      [
        'a gzip bomb',
        gzipSync(Buffer.alloc(50_000_000)),
        415,
        'unsupported_content_encoding',
        { ...JSON_TYPE, 'content-encoding': 'gzip' },
      ],
    ];

  const rows = cases.map(([what, body, status, code, headers = JSON_TYPE]) => ({ what, body, status, code, headers }));

  it.each(rows)('$what', async ({ body, status, code, headers }) => {
    const answer = await send(body, headers);

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toMatch(/^[A-Z"].*[.]$/);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.text).not.toMatch(/node_modules|\.ts:|select |insert /);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('whatever else one can think of, and stays alive', async () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.jsonValue().map((value) => payload(JSON.stringify({ value }))),
      fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => JSON.stringify({ type: 'http', ...fields })),
      fc.bigInt().map((number) => payload(`{"n":${number}}`)),
      fc.string().map((id) => JSON.stringify({ id, type: 'http', payload: {} })),
    );

    await fc.assert(
      fc.asyncProperty(hostile, async (body) => {
        const { status, body: answer, text } = await send(body);
        const isSentence = status === 201 || typeof answer?.error?.message === 'string';
        if (status >= 500 || !isSentence) throw new Error(`${status} ${text} to ${body}`);
      }),
      { numRuns: 400 },
    );
    expect((await service.get('/health')).status).toBe(200);
  });
});

it('takes keys given twice, of which the last counts', async () => {
  const answer = await send('{"type":"nope","type":"http","payload":{"a":1,"a":2}}');

  expect(answer.status).toBe(201);
  expect((await service.get(`/events/${answer.body.id}`)).body.payload).toEqual({ a: 2 });
});

it('keeps a LangChain constructor in a payload the text that it is', async () => {
  const secret = { lc: 1, type: 'secret', id: ['OPENAI_API_KEY'] };

  const answer = await send(payload(JSON.stringify({ secret })));

  expect((await service.get(`/events/${answer.body.id}`)).body.payload).toEqual({ secret });
});

describe('routing', () => {
  it.each([
    ['GET', '/nothing', 404, 'route_not_found'],
    ['POST', '/', 404, 'route_not_found'],
    ['GET', '/events/a/b', 404, 'route_not_found'],
    ['GET', '/EVENTS', 404, 'route_not_found'],
    ['GET', '/%00', 404, 'route_not_found'],
    ['GET', '/..%2f..%2fetc%2fpasswd', 404, 'route_not_found'],
    ['PUT', '/events', 405, 'method_not_allowed'],
    ['PATCH', '/events/abc', 405, 'method_not_allowed'],
    ['DELETE', '/events/', 405, 'method_not_allowed'],
    ['POST', '/health', 405, 'method_not_allowed'],
    ['GET', '/triggers/x/pause', 405, 'method_not_allowed'],
    ['OPTIONS', '/events', 405, 'method_not_allowed'],
    ['GET', `/events/${'x'.repeat(2_000)}`, 414, 'uri_too_long'],
    ['GET', '/%E0%A4%A', 400, 'malformed_url'],
  ])('answers %s %.40s in the envelope', async (method, path, status, code) => {
    const answer = await service.request(method, path);

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toMatch(/[.]$/);
  });

  it('tells which methods work', async () => {
    expect((await service.request('PUT', '/events')).headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await service.request('PUT', '/events/dlq/7')).headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH');
  });

  it.each(['/health/', '//health', '/events/?limit=1', '/events//types'])(
    'takes %s for what is meant',
    async (path) => {
      expect((await service.get(path)).status).toBe(200);
    },
  );

  it.each(['/health', '/events', '/events/types', '/ready'])('answers HEAD %s without a body', async (path) => {
    const answer = await service.request('HEAD', path);

    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('sends the headers of helmet, and none that names the software', async () => {
    const { headers } = await service.get('/events/nothing');

    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });
});
