import { accessSync, constants, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { ApiKeys, AUTH_MIGRATIONS } from '@reflex/auth';
import { openPostgresStore, type Published } from '@reflex/event-store';
import { HttpPayload } from '@reflex/events';
import { freshDatabase, startProcess, type TestDatabase } from '@reflex/test';

jest.setTimeout(120_000);

let database: TestDatabase;

beforeAll(async () => void (database = await freshDatabase()));
afterAll(() => database.drop());

async function reflex(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = startProcess('apps/cli/src/main.ts', { args, env: { DATABASE_URL: database.url } });
  const { code } = await child.ended;
  return { code, output: child.output };
}

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openPostgresStore({ url: database.url, poolSize: 2, migrations: AUTH_MIGRATIONS });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

type Store = Awaited<ReturnType<typeof openPostgresStore>>;

/** Two deliveries that gave up. */
async function deadLetters(store: Store): Promise<Published[]> {
  const definition = { name: 'broken', types: ['http'], scope: null, stateful: false, priority: 0, concurrency: null };
  const [trigger] = await store.registerTriggers([{ ...definition, onRetry: 'pass', throttle: null }]);
  const lease = await store.openLease();
  const published = await store.publish([1, 2].map((n) => HttpPayload.of({ source: 'test', payload: { n } })));
  const { runs } = await store.claim([{ triggerId: trigger!.id, slots: 2 }]);
  for (const delivery of runs.flat()) {
    const error = { code: 'broken', message: 'It broke.' };
    const run = { startedAt: new Date(), durationMs: 1, error };
    await store.settle({ delivery, outcome: 'dead_letter', deadLetterReason: 'permanent', run });
  }
  await lease.close();
  return published;
}

const auditRows = () =>
  withStore((store) =>
    store.dataSource.query<Record<string, unknown>[]>(
      'select actor, action, target, reason, outcome, details from reflex.audit order by id',
    ),
  );

it('makes, lists and revokes keys, and keeps an audit of it', async () => {
  const made = await reflex(
    'keys',
    'create',
    '--name',
    'ci',
    '--scopes',
    'events:write,events:read',
    '--expires',
    '2d',
    '--json',
  );
  const { key, prefix } = JSON.parse(made.output) as { key: string; prefix: string };
  const verify = () => withStore((store) => new ApiKeys(store.dataSource, { access: 'keys', cacheMs: 0 }).verify(key));

  expect(made.code).toBe(0);
  expect(await verify()).toMatchObject({ actor: `key:ci/${prefix}`, scopes: ['events:write', 'events:read'] });

  const listed = await reflex('keys', 'list');
  expect(listed.output).toMatch(new RegExp(`${prefix} +ci +events:write,events:read +valid`));
  expect(listed.output).not.toContain(key.slice(-43));

  const revoked = await reflex('keys', 'revoke', prefix, '--reason', 'It leaked.');
  expect(revoked).toEqual({ code: 0, output: `Revoked the key "ci" (${prefix}).` });
  await expect(verify()).rejects.toMatchObject({ code: 'invalid_key' });

  const actor = `cli:${userInfo().username}`;
  const rows = await auditRows();
  expect(rows).toMatchObject([
    { actor, action: 'key.create', target: 'ci', reason: null, outcome: 'done', details: { prefix } },
    { actor, action: 'key.revoke', target: prefix, reason: 'It leaked.', outcome: 'done', details: { name: 'ci' } },
  ]);
  expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
});

it('shows, retries and deletes dead letters', async () => {
  const [event, other] = await withStore(deadLetters);

  const listed = JSON.parse((await reflex('dlq', 'list', '--json')).output) as { count: number };
  const shown = await reflex('dlq', 'show', event!.id, '--json');
  const deleted = await reflex('dlq', 'delete', other!.id, '--reason', 'Spam.', '--json');
  const again = await reflex('dlq', 'delete', other!.id);
  const retried = await reflex('dlq', 'retry', event!.id, '--reason', 'Fixed.');
  const left = await reflex('dlq', 'list');

  expect(listed.count).toBe(2);
  expect(JSON.parse(shown.output)).toMatchObject({ items: [{ id: event!.id, error: { message: 'It broke.' } }] });
  expect(JSON.parse(deleted.output)).toEqual({ status: 'deleted', deleted: 1 });
  expect(retried).toEqual({ code: 0, output: `Retrying 1 of event ${event!.id}.` });
  expect(left.output).toBe('There are no dead letters.');
  expect((await auditRows()).slice(-3)).toMatchObject([
    { action: 'dead_letter.delete', reason: 'Spam.', outcome: 'done', details: { deleted: 1 } },
    { action: 'dead_letter.delete', reason: null, outcome: 'failed', details: { error: 'not_found' } },
    { action: 'dead_letter.retry', reason: 'Fixed.', outcome: 'done', details: { event_id: event!.id } },
  ]);
  expect(again.code).toBe(1);
  expect(again.output).toMatch(/is neither a dead letter nor an event that has one/);
});

it('migrates, and says so', async () => {
  expect(await reflex('migrate')).toEqual({ code: 0, output: 'The schema is up to date.' });
});

describe('what it does not understand', () => {
  it.each([
    [['keys', 'create', '--name', 'x'], /--scopes/],
    [['keys', 'burn'], /burn|Usage/],
    [['keys', 'revoke'], /missing required argument/],
    [['nonsense'], /nonsense|Usage/],
    [['keys', 'list', '--colour'], /--colour/],
    [['dlq', 'list', '--limit', 'many'], /--limit/],
    [['keys', 'create', '--name', 'x', '--scopes', 'root'], /"root" is no scope/],
    [['keys', 'create', '--name', 'x', '--scopes', 'admin', '--expires', 'soon'], /"soon" is not a time/],
  ])('exits with 2 for %j, and needs no database to say so', async (args, sentence) => {
    const child = startProcess('apps/cli/src/main.ts', { args, env: { DATABASE_URL: 'postgres://127.0.0.1:1/none' } });

    expect((await child.ended).code).toBe(2);
    expect(child.output).toMatch(sentence);
    expect(child.output).not.toMatch(/\n +at /);
  });

  it('exits with 0 for --help, and with 1 and a sentence without a database', async () => {
    const help = startProcess('apps/cli/src/main.ts', { args: ['--help'] });
    const offline = startProcess('apps/cli/src/main.ts', {
      args: ['keys', 'list'],
      env: { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/none' },
    });

    expect((await help.ended).code).toBe(0);
    expect(help.output).toMatch(/keys.*\n.*dlq|dlq[^]*keys/);
    expect((await offline.ended).code).toBe(1);
    expect(offline.output).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    expect(offline.output).not.toContain('hunter2');
  });
});

it('is what package.json names, and can be executed', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> };

  expect(bin).toEqual({ reflex: 'apps/cli/reflex.cjs' });
  expect(() => accessSync(bin['reflex']!, constants.X_OK)).not.toThrow();
});
