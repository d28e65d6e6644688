import { deflateSync, gzipSync } from 'node:zlib';
import { eventually } from '@reflex/test';
import fc from 'fast-check';
import { guardedService, LEAK, type GuardedService } from '../security/guarded-service';
import { connect, type Socket } from '../security/socket';
import { full, report } from './form';

const RUNS = full ? 10_000 : 1_500;
/** Frames that are sent without waiting for the answers in between. */
const AT_ONCE = 10;
/** The same in each run, so that what failed can be seen again; `SEED` looks elsewhere. */
const SEED = Number(process.env['SEED'] ?? 20_261_120);
const payload = (json: string) => `{"type":"http","payload":${json}}`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const keys = (count: number) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_v, n) => [n, n])));
const dangerous = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'type', 'source', 'id', 'meta');

const anyBody = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  fc.jsonValue().map((value) => payload(JSON.stringify({ value }))),
  fc
    .dictionary(fc.oneof(dangerous, fc.string()), fc.jsonValue())
    .map((fields) => JSON.stringify({ type: 'http', ...fields })),
  fc.array(fc.dictionary(dangerous, fc.jsonValue()), { maxLength: 5 }).map((events) => JSON.stringify(events)),
  fc.nat(20_000).map((depth) => payload(nested(depth))),
  fc.nat(12_000).map((count) => payload(keys(count))),
  fc.bigInt().map((number) => payload(`{"n":${number}}`)),
  fc.string({ unit: 'binary' }).map((id) => JSON.stringify({ id, type: 'http', payload: {} })),
  fc
    .constantFrom('NaN', 'Infinity', '1e999', '"\\u0000"', '"\\ud800"', '{"__proto__":{"polluted":1}}', '{"a":1,"a":2}')
    .map(payload),
  fc.constantFrom(300_000, 2_000_000).map((length) => payload(`"${'x'.repeat(length)}"`)),
);
const anyType = fc.oneof(
  { weight: 9, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/json; charset=utf-8',
    'text/plain',
    'application/jsonp',
    'multipart/form-data; boundary=x',
    'application/cloudevents+json',
    '',
  ),
);
const bombs = [gzipSync(Buffer.alloc(50_000_000)), deflateSync(Buffer.alloc(50_000_000))] as const;
const anyRequest = fc.oneof(
  { weight: 50, arbitrary: fc.record({ body: anyBody, type: anyType, encoding: fc.constant('') }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { body: bombs[0], type: 'application/json', encoding: 'gzip' },
      { body: bombs[1], type: 'application/json', encoding: 'deflate' },
      { body: bombs[0], type: 'application/json', encoding: 'br' },
      { body: bombs[0], type: 'application/json', encoding: '' },
    ),
  },
);

const anyFrame = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 2_000 }),
  fc.jsonValue().map((content) => JSON.stringify({ content })),
  fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => JSON.stringify({ content: 'x', ...fields })),
  dangerous.map((name) => `{"content":"a","${name}":{"polluted":1}}`),
  fc.nat(5_000).map((depth) => `{"content":${nested(depth)}}`),
  fc.nat(3_000).map((count) => `{"content":${keys(count)}}`),
  fc.constantFrom(
    '{"content":"\\u0000"}',
    '{"content":"\\ud800"}',
    '{"content":1e999}',
    '{"content":"a","content":"b"}',
  ),
  fc.uint8Array({ maxLength: 2_000 }),
  fc.string().map((id) => JSON.stringify({ content: 'x', id })),
);

describe('bodies and frames of all sorts', () => {
  let bed: GuardedService;
  let key: string;
  beforeAll(async () => {
    bed = await guardedService({ WS_RATE_LIMIT: '100000', WS_RATE_LIMIT_PER_KEY: '1000000' });
    key = await bed.keyFor('admin');
  });
  afterAll(() => bed.stop());

  it(`47: ${RUNS} bodies are stored or refused with a sentence, and break nothing`, async () => {
    const answered: Record<number, number> = {};

    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ body, type, encoding }) => {
        const headers = { 'content-type': type, ...(encoding === '' ? {} : { 'content-encoding': encoding }) };
        const { status, body: answer, text } = await bed.inject('POST', '/events', { key, payload: body, headers });
        answered[status] = (answered[status] ?? 0) + 1;
        const isSentence = status === 201 || typeof answer?.error?.message === 'string';
        if (!(status === 201 || (status >= 400 && status < 500)) || !isSentence || LEAK.test(text)) {
          throw new Error(`${status} ${text}`);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );

    report('47 bodies', { runs: RUNS, seed: SEED, ...answered });
    expect(Object.keys(answered)).toEqual(expect.arrayContaining(['201', '400', '413', '415', '422']));
    expect((await bed.inject('GET', '/health')).status).toBe(200);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }, 300_000);

  it(`47: ${RUNS} frames are answered with an ack or an error each, and break nothing`, async () => {
    let client: Socket | undefined;
    const answers = { acks: 0, errors: 0 };
    let frames = 0;

    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (burst) => {
        // What broke a connection must be looked for on a whole one.
        if (client?.raw.readyState !== 1) {
          client = connect(bed.service.url, { key, path: '/ws/madman' });
          await client.opened;
        }
        client.frames.length = 0;
        for (const frame of burst) client.raw.send(frame);
        frames += burst.length;
        const heard = client.frames;
        await eventually(() => expect(heard.filter(isAnswer)).toHaveLength(burst.length), { timeoutMs: 5_000 });
        const internal = heard.filter((frame) => JSON.stringify(frame).includes('internal_error'));
        if (internal.length > 0 || client.raw.readyState !== 1) throw new Error(JSON.stringify(internal));
        const acks = heard.filter((frame) => 'ack' in frame).length;
        answers.acks += acks;
        answers.errors += burst.length - acks;
      }),
      { numRuns: RUNS / AT_ONCE, seed: SEED },
    );
    client?.raw.close();

    report('47 frames', { frames, seed: SEED, ...answers });
    expect(Math.min(answers.acks, answers.errors)).toBeGreaterThan(RUNS / 10);
    expect((await bed.inject('GET', '/health')).status).toBe(200);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }, 300_000);
});

// Replies of triggers come on the same connection.
const isAnswer = (frame: Record<string, unknown>): boolean => 'ack' in frame || 'details' in frame;
