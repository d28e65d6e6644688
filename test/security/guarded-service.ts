import { setTimeout as delay } from 'node:timers/promises';
import { ApiKeys, type Scope } from '@reflex/auth';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { KnownRoutes } from '../../apps/api/src/http/known-routes';
import { startTestService, type TestService } from '../../apps/api/src/testing/test-service';

export interface Route {
  method: string;
  url: string;
}

export interface GuardedService {
  service: TestService;
  database: TestDatabase;
  /** All that Fastify knows, whoever registered it. */
  routes: Route[];
  keys: ApiKeys;
  keyFor(...scopes: Scope[]): Promise<string>;
  /** Straight into the server, without a socket. */
  inject(method: string, url: string, options?: InjectOptions): Promise<Injected>;
  stop(): Promise<void>;
}

export interface InjectOptions {
  key?: string;
  headers?: Record<string, string>;
  payload?: string | Buffer;
}

export interface Injected {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  body: any;
}

/** The real service as it runs where others can reach it: nobody comes in without a key. */
export async function guardedService(variables: Record<string, string> = {}): Promise<GuardedService> {
  const database = await freshDatabase();
  const added = jest.spyOn(KnownRoutes.prototype as unknown as { add(url: string, methods: string[]): void }, 'add');
  const service = await startTestService(database, { ACCESS: 'keys', RATE_LIMIT_REQUESTS: '0', ...variables });
  const routes = added.mock.calls.flatMap(([url, methods]) => methods.map((method) => ({ method, url })));
  added.mockRestore();
  const keys = service.app.get(ApiKeys);
  return {
    service,
    database,
    routes,
    keys,
    keyFor: async (...scopes) => (await keys.create({ name: scopes.join(' '), scopes: [...scopes] })).key,
    inject: async (method, url, { key, headers, payload } = {}) => {
      const send = () =>
        service.app.inject({
          method: method as 'GET',
          url,
          payload,
          headers: {
            host: '127.0.0.1',
            ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
            ...headers,
          },
        });
      let answer = await send();
      // While the machine stands still for others, it asks to come again, as any client does.
      for (let tries = 1; answer.statusCode === 503 && answer.headers['retry-after'] && tries < 4; tries += 1) {
        await delay(250);
        answer = await send();
      }
      return { status: answer.statusCode, headers: answer.headers, text: answer.payload, body: parsed(answer.payload) };
    },
    stop: async () => {
      await service.stop();
      await database.drop();
    },
  };
}

/** What no answer may tell: our files, stacks, SQL. */
export const LEAK = /node_modules|\.ts:\d|at \w+ \(|select |insert |pg_|syntax error|relation "/i;

/** A path that leads to the route. */
export function pathOf(url: string): string {
  return url.replace(/:\w+/g, 'x').replace('*', 'index.html');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
