import { eventually } from '@reflex/test';
import { testBed, startTestService, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed({ SECRETS_KEYS: `k1=${Buffer.alloc(32, 7).toString('base64')}` });
  service = bed.service;
  const failing = { type: 'http', source: 'docs', payload: { fail: true } };
  await service.post(
    '/events',
    Array.from({ length: 5 }, () => failing),
  );
  await eventually(async () => expect((await service.get('/events/dlq')).body.events).toHaveLength(5));
  // A call that must not be repeated was interrupted.
  await service.post('/events', { type: 'order.paid', source: 'docs', order_id: '7' });
  await eventually(async () => expect((await service.get('/effects?status=unknown')).body.items).toHaveLength(1));
  // And calls that wait for a person: one is approved, one denied.
  const returned = { type: 'order.returned', source: 'docs', order_id: '7' };
  await service.post('/events', [returned, returned]);
  await eventually(async () => expect((await service.get('/approvals?status=pending')).body.items).toHaveLength(2));
});
afterAll(() => bed.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const STATUSES: Record<string, number> = {
  'post /events': 201,
  'post /timers': 201,
  'post /events/dlq/retry': 202,
};

interface Parameter {
  name: string;
  in: string;
  example?: unknown;
  schema?: { example?: unknown };
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }>; schema: Schema }> };
}
interface Schema {
  $ref?: string;
  properties?: Record<string, { example?: unknown }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

it('shows a page whose scripts and styles the security headers allow', async () => {
  const page = await service.get('/docs');

  expect(page.status).toBe(200);
  expect(page.text).toContain('Reflex API');
  expect(page.text).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]/);
  for (const [, file] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
    expect([file, (await service.get(`/${file}`)).status]).toEqual([file, 200]);
  }
});

it('succeeds with every example when "Try it out" is pressed', async () => {
  const tried: string[] = [];

  // Anew for each, as a person reloads the page: what one operation deletes, the next cannot use.
  const operations = Object.entries((await documentOf()).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method })),
  );
  const ordered = operations.toSorted(
    (one, other) => Number(one.method === 'delete') - Number(other.method === 'delete'),
  );
  for (const { path, method } of ordered) {
    const document = await documentOf();
    const operation = document.paths[path]![method]!;
    for (const body of bodiesOf(operation, document)) {
      const url = urlOf(path, operation.parameters ?? []);
      const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_TYPE };
      const answer = await service.request(method.toUpperCase(), url, sent);
      expect([method, url, answer.status]).toEqual([method, url, STATUSES[`${method} ${path}`] ?? 200]);
      tried.push(`${method} ${path}`);
    }
    // What was retried may be a dead letter again only after a moment, and the next operation looks for one.
    await eventually(async () => expect(await service.store.stats()).toMatchObject({ pending: 0, processing: 0 }));
  }

  expect(tried).toEqual(
    expect.arrayContaining([
      'get /health/detailed',
      'get /events/dlq',
      'get /events/dlq/{id}',
      'patch /events/dlq/{id}',
      'delete /events/dlq/{id}',
      'get /events/dlq/clusters',
      'get /events/dlq/export',
      'post /events/dlq/retry',
      'post /events/dlq/purge',
      'get /operations',
      'get /operations/{id}',
      'delete /operations/{id}',
      'get /approvals/{id}',
      'post /approvals/{id}/approve',
      'post /approvals/{id}/deny',
      'get /effects/{id}',
      'post /effects/{id}/resolve',
      'post /events/dlq/{id}/retry',
      'post /events',
      'get /events',
      'get /events/types',
      'post /events/replay',
      'get /events/{id}',
      'get /runs/{id}',
      'get /secrets',
      'put /secrets/{name}',
      'post /secrets/rotate',
      'delete /secrets/{name}',
      'get /timers/{name}',
      'post /timers',
      'post /timers/{name}/pause',
      'delete /timers/{name}',
      'get /triggers',
      'post /triggers/{name}/pause',
      'post /triggers/{name}/resume',
    ]),
  );
});

it('is not there in production', async () => {
  const production = await startTestService(bed.database, {
    ENVIRONMENT: 'production',
    DEFAULT_MODEL: 'offline:rules',
    API_HOST: '127.0.0.1',
  });

  expect((await production.get('/docs')).status).toBe(404);
  expect((await production.get('/docs/json')).status).toBe(404);
  expect((await production.get('/health')).status).toBe(200);
  await production.stop();
});

async function documentOf(): Promise<Document> {
  const { status, body } = await service.get('/docs/json');
  expect(status).toBe(200);
  return body as Document;
}

function urlOf(path: string, parameters: Parameter[]): string {
  const query = new URLSearchParams();
  let url = path;
  for (const { name, in: place, example, schema } of parameters) {
    const value = example ?? schema?.example;
    if (place === 'path') {
      expect([path, name, value]).toEqual([path, name, expect.any(String)]);
      url = url.replace(`{${name}}`, encodeURIComponent(value as string));
    } else if (place === 'query' && value !== undefined) {
      query.set(name, value as string);
    }
  }
  return query.size > 0 ? `${url}?${query.toString()}` : url;
}

function bodiesOf({ requestBody }: Operation, { components }: Document): unknown[] {
  const content = requestBody?.content['application/json'];
  if (!content) return [undefined];
  if (content.examples) return Object.values(content.examples).map(({ value }) => value);
  const { properties = {} } = components.schemas[content.schema.$ref!.split('/').at(-1)!]!;
  const fields = Object.entries(properties).flatMap(([name, { example }]) =>
    example === undefined ? [] : [[name, example]],
  );
  return [Object.fromEntries(fields)];
}
