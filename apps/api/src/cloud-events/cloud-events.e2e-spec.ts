import { CloudEvent, HTTP } from 'cloudevents';
import { testBed, type Answer, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };

const send = (body: unknown, headers: Record<string, string> = STRUCTURED): Promise<Answer> =>
  service.request('POST', '/events', { headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const stored = async (id: string) => (await service.get(`/events/${encodeURIComponent(id)}`)).body;

let ids = 0;
/** The example of the specification, with data of a type that this service knows. */
const example = (attributes: object = {}) => ({
  specversion: '1.0',
  type: 'order.placed',
  source: '/mycontext',
  subject: null,
  id: `C234-1234-${(ids += 1)}`,
  time: '2018-04-05T17:31:00Z',
  comexampleextension1: 'value',
  comexampleothervalue: 5,
  datacontenttype: 'application/json',
  data: { order_id: '7', total: 3 },
  ...attributes,
});
const PLAIN = example();

describe('structured mode', () => {
  it('maps the attributes to the envelope and the data to the fields of the type', async () => {
    const event = { ...PLAIN, id: 'A234-1234-1234' };

    const answer = await send(event);

    expect(answer).toMatchObject({ status: 201, body: { id: 'A234-1234-1234', status: 'published' } });
    expect(await stored('A234-1234-1234')).toMatchObject({
      id: 'A234-1234-1234',
      type: 'order.placed',
      source: '/mycontext',
      timestamp: '2018-04-05T17:31:00.000Z',
      order_id: '7',
      total: 3,
    });
  });

  it('needs no more than the required attributes, and data if the type has fields', async () => {
    const { specversion, type, source, id, data } = { ...PLAIN, id: 'only-required' };

    expect((await send({ specversion, type, source, id, data })).status).toBe(201);
    expect((await stored(id)).meta.correlation_id).toBe(id);
  });

  it('takes data in base64, when it is JSON', async () => {
    const { data, ...rest } = { ...PLAIN, id: 'in-base64' };
    const base64 = Buffer.from(JSON.stringify(data)).toString('base64');

    expect((await send({ ...rest, data_base64: base64 })).status).toBe(201);
    expect(await stored('in-base64')).toMatchObject({ order_id: '7' });
    expect((await send({ ...rest, id: 'x', data_base64: base64, datacontenttype: 'image/png' })).status).toBe(422);
  });

  it('carries the trace of the sender and what belongs together', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const extensions = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, correlationid: 'cart-9' };

    await send({ ...PLAIN, id: 'traced', ...extensions });

    expect((await stored('traced')).meta).toMatchObject({ trace_id: trace, correlation_id: 'cart-9' });
  });

  it('fills a field of the type by the extension of its name, unless the data does', async () => {
    const { id, source, specversion } = PLAIN;
    const event = { specversion, source, type: 'http', payload: 'from the extension', data: { payload: { a: 1 } } };

    await send({ ...event, id: `${id}-field` });

    expect((await stored(`${id}-field`)).payload).toEqual({ a: 1 });
  });
});

describe('binary mode', () => {
  const HEADERS = {
    'ce-specversion': '1.0',
    'ce-type': 'order.placed',
    'ce-time': '2018-04-05T03:56:24Z',
    'ce-id': 'binary-1',
    'ce-source': '/mycontext/subcontext',
    'content-type': 'application/json; charset=utf-8',
  };

  it('maps the headers', async () => {
    const answer = await send({ order_id: '8', total: 1 }, HEADERS);

    expect(answer).toMatchObject({ status: 201, body: { id: 'binary-1' } });
    expect(await stored('binary-1')).toMatchObject({
      source: '/mycontext/subcontext',
      timestamp: '2018-04-05T03:56:24.000Z',
      order_id: '8',
    });
  });

  it('reads percent-encoded headers, whatever the case of their names', async () => {
    const { 'ce-id': _id, ...rest } = HEADERS;
    const headers = { ...rest, 'CE-ID': 'binary-2', 'ce-correlationid': 'caf%C3%A9 %25' };

    expect((await send({ order_id: '8', total: 1 }, headers)).status).toBe(201);
    expect((await stored('binary-2')).meta.correlation_id).toBe('café %');
  });

  it('takes data of any type of JSON, and none at all', async () => {
    const json = { ...HEADERS, 'ce-id': 'binary-3', 'content-type': 'application/vnd.shop.order+json' };
    expect((await send({ order_id: '8', total: 1 }, json)).status).toBe(201);

    const { 'content-type': _type, ...bare } = { ...HEADERS, 'ce-id': 'binary-4' };
    const answer = await service.request('POST', '/events', { headers: bare });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_event' } } });
    expect(answer.body.error.message).toContain('order_id');
  });

  it.each([
    ['text', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['no id', { 'ce-id': '' }, 422, 'invalid_cloud_event'],
    ['half a percent sequence', { 'ce-source': '/%E0%A4%A' }, 422, 'invalid_cloud_event'],
  ])('refuses %s', async (_what, headers, status, code) => {
    const answer = await send({ order_id: '8', total: 1 }, { ...HEADERS, ...headers });

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe('batch mode', () => {
  it('stores all events and answers in their order', async () => {
    const events = [1, 2, 3].map((total) => ({ ...PLAIN, id: `batch-${total}`, data: { order_id: 'b', total } }));

    const answer = await send(events, BATCH);

    expect(answer).toMatchObject({ status: 201, body: [{ id: 'batch-1' }, { id: 'batch-2' }, { id: 'batch-3' }] });
    expect((await stored('batch-2')).total).toBe(2);
  });

  it('may be empty', async () => {
    expect(await send([], BATCH)).toMatchObject({ status: 201, body: [] });
  });

  it('stores nothing when one event is wrong', async () => {
    const answer = await send(
      [
        { ...PLAIN, id: 'half-ce' },
        { ...PLAIN, id: undefined },
      ],
      BATCH,
    );

    expect([answer.status, answer.body.error.code]).toEqual([422, 'invalid_cloud_event']);
    expect((await service.get('/events/half-ce')).status).toBe(404);
  });

  it('is an array', async () => {
    expect((await send(PLAIN, BATCH)).body.error.code).toBe('invalid_cloud_event');
  });
});

describe('the identity of a CloudEvent', () => {
  it('is its source with its id: a repeated one is stored once', async () => {
    const first = await send({ ...PLAIN, id: 'twice' });
    const again = await send({ ...PLAIN, id: 'twice' });

    expect([first.status, again.status, again.body.id]).toEqual([201, 201, 'twice']);
    expect(await countOf('/mycontext', 'twice')).toBe(1);
  });

  it('is another with another source: both are stored, each once', async () => {
    const other = { ...PLAIN, id: 'shared', source: '/other' };
    await send({ ...PLAIN, id: 'shared' });

    const second = await send(other);
    const again = await send(other);

    expect(second.status).toBe(201);
    expect(second.body.id).toMatch(/^shared@[0-9a-f]{12}$/);
    expect(again.body.id).toBe(second.body.id);
    expect((await stored(second.body.id)).source).toBe('/other');
    expect(await countOf('/other', 'shared')).toBe(1);
  });

  it('is another with another source also within a batch', async () => {
    const events = ['/one', '/two', '/two'].map((source, index) => ({
      ...PLAIN,
      source,
      id: index === 2 ? 'n2' : 'n1',
    }));

    const answer = await send(events, BATCH);

    expect(answer.body).toMatchObject([{ id: 'n1' }, { id: expect.stringMatching(/^n1@/) as string }, { id: 'n2' }]);
  });

  it('answers 409 to other data under the same source and id', async () => {
    await send({ ...PLAIN, id: 'changed' });

    const answer = await send({ ...PLAIN, id: 'changed', data: { order_id: '7', total: 4 } });

    expect([answer.status, answer.body.error.code]).toEqual([409, 'idempotency_conflict']);
  });

  async function countOf(source: string, id: string): Promise<number> {
    const { items } = (await service.get(`/events?source=${encodeURIComponent(source)}&limit=1000`)).body;
    return (items as { id: string }[]).filter((event) => event.id.startsWith(id)).length;
  }
});

describe('what the SDK sends', () => {
  it.each(['binary', 'structured'] as const)('is understood in %s mode', async (mode) => {
    const event = new CloudEvent({ type: 'order.placed', source: '/sdk', data: { order_id: 'sdk', total: 2 } });
    const { headers, body } = HTTP[mode](event);

    const answer = await send(body, headers as Record<string, string>);

    expect(answer).toMatchObject({ status: 201, body: { id: event.id } });
    expect(await stored(event.id)).toMatchObject({ source: '/sdk', order_id: 'sdk', timestamp: event.time });
  });
});

describe('a CloudEvent is refused', () => {
  it.each([
    ['without a source', { source: undefined }, 'invalid_cloud_event', /"source" is missing/],
    ['without a type', { type: '' }, 'invalid_cloud_event', /"type" is missing/],
    ['of version 0.3', { specversion: '0.3' }, 'invalid_cloud_event', /not 1\.0/],
    ['with a time that is none', { time: 'yesterday' }, 'invalid_cloud_event', /time/],
    ['with an extension in capitals', { MyExtension: 'a' }, 'invalid_cloud_event', /invalid attribute name/],
    ['with an extension that is an object', { ext: { a: 1 } }, 'invalid_cloud_event', /"ext" is neither/],
    ['with an extension named as a method', { validate: 'x' }, 'invalid_cloud_event', /./],
    ['with data that is text', { data: 'hello' }, 'invalid_cloud_event', /JSON object/],
    ['with data that is a list', { data: [1] }, 'invalid_cloud_event', /JSON object/],
    ['with an id in its data', { data: { id: 'mine', order_id: '1', total: 1 } }, 'invalid_cloud_event', /"id"/],
    ['of an unknown type', { type: 'com.example.someevent' }, 'unknown_event_type', /com\.example\.someevent/],
    ['of a type of the server', { type: 'timer.tick' }, 'reserved_type', /server/],
    ['from a source of the server', { source: 'webhook:github' }, 'reserved_field', /server/],
    ['with fields that the type lacks', { data: { nope: 1 } }, 'invalid_event', /nope|order_id/],
  ])('%s', async (_what, attributes, code, sentence) => {
    const answer = await send({ ...PLAIN, id: `bad-${(ids += 1)}`, ...attributes });

    expect([answer.status, answer.body.error.code]).toEqual([422, code]);
    expect(answer.body.error.message).toMatch(sentence);
  });

  it('with a hostile key, which pollutes nothing', async () => {
    const answer = await send(JSON.stringify(PLAIN).replace('{', '{"__proto__":{"polluted":1},'));

    expect([answer.status, answer.body.error.code]).toEqual([422, 'json_forbidden_key']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('as JSON of another kind without its headers', async () => {
    expect((await send({}, { 'content-type': 'application/vnd.api+json' })).status).toBe(415);
  });
});
