import type { DynamicModule } from '@nestjs/common';
import { EventStore } from '@reflex/event-store';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../config';
import { startService, type Service } from '../service';
import { testDomain } from './test-domain';

export interface TestService extends Service {
  store: EventStore;
  /** Answers parsed, whatever their status. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** The same with a JSON body. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

interface RequestOptions {
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  body: any;
  text: string;
}

/** The real service on a free port and a database of the test's own. */
export async function startTestService(
  database: TestDatabase,
  variables: Record<string, string> = {},
  domain: DynamicModule[] = testDomain(),
): Promise<TestService> {
  const settings = readSettings({
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '5',
    API_PORT: '0',
    LOG_LEVEL: 'silent',
    ...variables,
  });
  const service = await startService(settings, { domain });
  const request = async (method: string, path: string, { headers, body }: RequestOptions = {}): Promise<Answer> => {
    const response = await fetch(`${service.url}${path}`, { method, headers, body });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  return {
    ...service,
    store: service.app.get(EventStore),
    request,
    post: (path, body, headers = {}) =>
      request('POST', path, {
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    get: (path) => request('GET', path),
  };
}

/** A database and a service on it, for the `beforeAll` of a spec; `stop` ends both. */
export async function testBed(
  variables?: Record<string, string>,
): Promise<{ service: TestService; database: TestDatabase; stop(): Promise<void> }> {
  const database = await freshDatabase();
  const service = await startTestService(database, variables);
  return {
    service,
    database,
    stop: async () => {
      await service.stop();
      await database.drop();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
