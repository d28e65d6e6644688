import { Parser } from '@asyncapi/parser';
import { eventually } from '@reflex/test';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { openSocket } from '../../testing/socket-client';
import { startTestService, testBed, type TestService } from '../../testing/test-service';

type Messages = Record<string, { payload: object; examples?: { payload: object }[] }>;

interface Document {
  channels: Record<string, { address: string | null; messages: Messages }>;
  operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  components: { messages: Messages; schemas: Record<string, object> };
}

interface OpenApi {
  paths: Record<string, { get?: { responses: Record<string, { content?: Record<string, object> }> } }>;
}

const WARNING = 1;

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;
let document: Document;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
  document = (await service.get('/asyncapi.json')).body as Document;
});
afterAll(() => bed.stop());

it('is valid AsyncAPI 3.0, as its official parser sees it', async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));

  expect(diagnostics.filter(({ severity }: { severity: number }) => severity <= WARNING)).toEqual([]);
  expect(parsed!.version()).toBe('3.0.0');
  expect(
    parsed!
      .channels()
      .all()
      .map((channel) => channel.id()),
  ).toEqual(Object.keys(document.channels));
});

it('has every event type, and lets clients send those that are theirs', async () => {
  const types = (await service.get('/events/types')).body.items.map(({ type }: { type: string }) => type) as string[];

  expect(types).toContain('order.placed');
  expect(Object.keys(document.channels['log']!.messages)).toEqual(types);
  expect(Object.keys(document.channels['publish']!.messages)).toEqual([
    ...types.filter((type) => !/^(timer|lifecycle)/.test(type)),
    'batch',
    'published',
  ]);
});

it('has every trigger as one who receives the types it listens to', async () => {
  const { items } = (await service.get('/triggers')).body as { items: { name: string; types: string[] }[] };
  const operations = Object.entries(document.operations).filter(([name]) => name.startsWith('trigger.'));

  expect(operations.map(([name]) => name.slice('trigger.'.length)).sort()).toEqual(
    items.map(({ name }) => name).sort(),
  );
  expect(document.operations['trigger.billing']).toMatchObject({
    action: 'receive',
    messages: [{ $ref: '#/channels/log/messages/order.placed' }],
  });
});

it('has every route that streams, with what it sends', async () => {
  const { paths } = (await service.get('/docs/json')).body as OpenApi;
  const streams = Object.keys(paths).filter(
    (path) => paths[path]!.get?.responses['200']?.content?.['text/event-stream'],
  );

  expect(streams).toContain('/runs/{id}/stream');
  for (const path of streams) {
    const channel = Object.values(document.channels).find(({ address }) => address === path)!;
    expect([path, Object.keys(channel.messages).length > 0]).toEqual([path, true]);
  }
  expect(document.operations['runs.id.stream.send']).toMatchObject({
    action: 'send',
    messages: ['token', 'tool', 'end'].map((name) => ({ $ref: `#/channels/runs.id.stream/messages/${name}` })),
  });
});

it('describes what is really sent, answered and stored', async () => {
  const publish = document.channels['publish']!;
  const log = document.channels['log']!;
  const sent = Object.entries(publish.messages).flatMap(([name, { examples = [] }]) =>
    examples.map(({ payload }) => ({ name, payload })),
  );
  expect(sent.length).toBeGreaterThanOrEqual(4);

  for (const { name, payload } of sent) {
    expect([name, problems(publish.messages[name]!.payload, payload)]).toEqual([name, []]);
    const answer = await service.post('/events', payload);
    expect([name, answer.status, problems(publish.messages['published']!.payload, answer.body)]).toEqual([
      name,
      201,
      [],
    ]);
  }

  const { items } = (await service.get('/events?limit=100')).body as { items: { type: string }[] };
  expect(new Set(items.map(({ type }) => type))).toEqual(new Set(['lifecycle', ...sent.map(({ name }) => name)]));
  for (const event of items) {
    expect([event, problems(log.messages[event.type]!.payload, event)]).toEqual([event, []]);
  }
});

it('refuses what the service refuses', async () => {
  const schema = document.channels['publish']!.messages['order.placed']!.payload;
  const wrong = [
    { type: 'order.placed', order_id: '7' },
    { type: 'order.placed', order_id: '7', total: -1 },
    { type: 'order.placed', order_id: '7', total: 1, colour: 'red' },
  ];

  for (const event of wrong) {
    expect([event, problems(schema, event).length > 0]).toEqual([event, true]);
    expect((await service.post('/events', event)).status).toBe(422);
  }
});

it('describes the frames that really come over the WebSocket', async () => {
  const client = await openSocket(service.url, '/ws/alice');

  client.send({ content: 'Hello' });
  client.send({ content: 'fail' });
  client.send('no JSON');

  await eventually(() => expect(client.frames).toHaveLength(5));
  const frames = Object.entries(document.components.messages);
  const named = client.frames.map((frame) =>
    frames.flatMap(([name, { payload }]) => (problems(payload, frame).length === 0 ? [name] : [])).join(),
  );
  expect(named.toSorted()).toEqual(['frame.ack', 'frame.ack', 'frame.failure', 'frame.refusal', 'frame.reply']);
  await client.close();
});

it('is not there in production', async () => {
  const production = await startTestService(bed.database, {
    ENVIRONMENT: 'production',
    DEFAULT_MODEL: 'offline:rules',
    API_HOST: '127.0.0.1',
  });

  expect((await production.get('/asyncapi.json')).status).toBe(404);
  await production.stop();
});

/** What is wrong with a value by a schema of the document; references lead into the document. */
function problems(schema: object, value: unknown): string[] {
  const validate = validatorOf(schema);
  return validate(value) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function validatorOf(schema: object): ValidateFunction {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  const text = JSON.stringify({ ...schema, components: document.components });
  return ajv.compile(JSON.parse(text) as object);
}
