import { join } from 'node:path';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { openApiOf } from '../../apps/api/src/explorer/api-explorer';
import { startService, type Service } from '../../apps/api/src/service';
import { bruFiles, operationOf, requestsOf, type BruRequest } from './requests';

/** Operations without a request in the collection, each with the reason. */
const LEFT_OUT: Record<string, string> = {};
/** Served, but no operations of the OpenAPI document. */
const DOCUMENTS = ['get /docs/json', 'get /asyncapi.json'];

const files = bruFiles(join(__dirname, '..', '..', 'bruno'));
const requests = requestsOf(files);

describe('the request collection', () => {
  let database: TestDatabase;
  let service: Service;
  let operations: string[];

  beforeAll(async () => {
    database = await freshDatabase();
    service = await startService(readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' }));
    const { paths } = openApiOf(service.app);
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
  });

  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  it('has a request for every operation, or a reason for having none', () => {
    const asked = new Set(requests.map((request) => operationOf(request, operations)));
    const missing = operations.filter((operation) => !asked.has(operation) && !(operation in LEFT_OUT));

    expect(
      missing.map((operation) => `Add a request for "${operation}" to bruno/, or say in LEFT_OUT why there is none.`),
    ).toEqual([]);
    expect(
      Object.keys(LEFT_OUT).filter((operation) => asked.has(operation) || !operations.includes(operation)),
    ).toEqual([]);
  });

  it('asks for nothing that is not there', () => {
    const stray = requests.filter(
      (request) =>
        operationOf(request, operations) === undefined && !DOCUMENTS.includes(`${request.method} ${request.url}`),
    );

    expect(stray.map(({ path, method, url }) => `${path} asks for ${method} ${url}, which is no operation.`)).toEqual(
      [],
    );
  });
});

it.each(requests.map((request) => [request.path, request] as const))(
  '%s is well-formed and expects something',
  (_path, request) => {
    expect(request).toMatchObject({ name: expect.stringMatching(/\S/), seq: expect.any(Number) });
    expect(Object.keys(request.blocks)).toEqual(expect.arrayContaining(['meta']));
    expect('assert' in request.blocks || 'tests' in request.blocks).toBe(true);
    const json = request.blocks['body:json'];
    if (json !== undefined) expect(() => JSON.parse(json) as unknown).not.toThrow();
  },
);

it('requests of a folder stand in an order of their own, and have names of their own', () => {
  const places = requests.map(({ folder, seq }) => `${folder} ${seq}`);
  const names = requests.map(({ folder, name }) => `${folder} ${name}`);

  expect(new Set(places).size).toBe(requests.length);
  expect(new Set(names).size).toBe(requests.length);
});

it('what a request fills in is kept by one before it, or stands in the environment', () => {
  const environment = files.find(({ path }) => path === 'environments/local.bru')!.blocks['vars']!;
  const kept = requests.map(keeps).join('\n') + environment;
  const names = requests.flatMap(({ path, blocks }) =>
    [
      ...Object.values(blocks)
        .join('\n')
        .matchAll(/\{\{(\w+)\}\}/g),
    ].map(([, name]) => ({ path, name: name! })),
  );

  expect(names.length).toBeGreaterThan(20);
  expect(names.filter(({ name }) => !new RegExp(`(^ *${name}:|setVar\\("${name}")`, 'm').test(kept))).toEqual([]);
});

function keeps({ blocks }: BruRequest): string {
  return [blocks['vars:post-response'], blocks['script:post-response']].join('\n');
}
