import { AUTH_MIGRATIONS } from '@reflex/auth';
import { openPostgresStore, type PostgresEventStore, type RegisteredTrigger } from '@reflex/event-store';
import { HttpPayload } from '@reflex/events';
import { startProcess, type TestDatabase, type TestProcess } from '@reflex/test';

const MAIN = 'apps/cli/src/main.ts';

export interface Answer {
  code: number | null;
  output: string;
}

/** Starts the command line in a process of its own. */
export function startReflex(env: Record<string, string>, args: string[]): TestProcess {
  return startProcess(MAIN, { args, env });
}

/** The same, to its end. */
export async function reflexOn(database: Pick<TestDatabase, 'url'>, ...args: string[]): Promise<Answer> {
  const child = startReflex({ DATABASE_URL: database.url }, args);
  const { code } = await child.ended;
  return { code, output: child.output };
}

export const UNREACHABLE = { DATABASE_URL: 'postgres://127.0.0.1:1/none', REFLEX_URL: 'http://127.0.0.1:1' };

/** Expects that it exits with 2 and a sentence, without asking anybody. */
export async function expectMisuse(args: string[], sentence: RegExp): Promise<void> {
  const child = startReflex(UNREACHABLE, args);

  expect((await child.ended).code).toBe(2);
  expect(child.output).toMatch(sentence);
  expect(child.output).not.toMatch(/\n +at /);
}

export type Store = PostgresEventStore & { close(): Promise<void> };

export function openStore(database: TestDatabase): Promise<Store> {
  return openPostgresStore({ url: database.url, poolSize: 2, migrations: AUTH_MIGRATIONS });
}

/** A trigger `broken` that no process serves. */
export async function registerBroken(store: Store): Promise<RegisteredTrigger> {
  const definition = { name: 'broken', types: ['http'], scope: null, stateful: false, priority: 0, concurrency: null };
  const [trigger] = await store.registerTriggers([{ ...definition, onRetry: 'pass', throttle: null, detached: true }]);
  return trigger!;
}

/** A trigger `broken` without code, and so many deliveries of it that gave up; answers the ids of the events. */
export async function deadLetters(store: Store, messages: string[]): Promise<string[]> {
  const trigger = await registerBroken(store);
  const lease = await store.openLease();
  const events = messages.map((message) => HttpPayload.of({ source: 'test', payload: { message } }));
  const published = await store.publish(events);
  const { runs } = await store.claim([{ triggerId: trigger.id, slots: messages.length }]);
  for (const delivery of runs.flat()) {
    const { payload } = delivery.event!.payload as { payload: { message: string } };
    const run = { startedAt: new Date(), durationMs: 1, error: { code: 'broken', message: payload.message } };
    await store.settle({ delivery, outcome: 'dead_letter', deadLetterReason: 'permanent', run });
  }
  await lease.close();
  return published.map(({ id }) => id);
}

export interface AuditRow {
  action: string;
  target: string;
  reason: string | null;
  outcome: string;
  details: Record<string, unknown>;
}

/** Oldest first. */
export function auditRows(store: Store): Promise<AuditRow[]> {
  return store.dataSource.query<AuditRow[]>(
    'select action, target, reason, outcome, details from reflex.audit order by id',
  );
}

/** The service in a process of its own, with the domain that ships with it. */
export async function startApi(
  database: TestDatabase,
  env: Record<string, string> = {},
): Promise<{ url: string; process: TestProcess }> {
  const process = startProcess('apps/api/src/main.ts', {
    env: { DATABASE_URL: database.url, LOG_LEVEL: 'warn', API_PORT: '0', ...env },
  });
  const line = await process.line(/Listening +http/, { timeoutMs: 90_000 });
  return { url: /http:\S+/.exec(line)![0], process };
}
