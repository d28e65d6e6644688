import { randomBytes } from 'node:crypto';
import { AUTH_MIGRATIONS } from '@reflex/auth';
import { MIGRATIONS, PostgresEventStore } from '@reflex/event-store';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { fail, ok, warn, type Finding } from './finding';

const ANSWER_WITHIN_MS = 5_000;
const CLOCK_MS = 1_000;
const OLD_SECONDS = 60;
const PARTITION_DAYS = 3;

/** Looks at the database without changing anything, not even its schema. */
export async function databaseFindings(url: string): Promise<Finding[]> {
  const client = clientOf(url);
  try {
    await client.connect();
  } catch (error) {
    const why = (error as { code?: string }).code ?? 'no answer';
    return [fail('database', `Cannot be reached (${why}). Check DATABASE_URL and that PostgreSQL runs.`)];
  }
  try {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    const findings = [ok('database', `PostgreSQL ${rows[0]!.version} answers.`), await clock(client)];
    findings.push(await listener(url, client));
    const schema = await migrations(client);
    return [...findings, schema, ...(schema.status === 'ok' ? await work(url) : [])];
  } finally {
    await client.end();
  }
}

async function clock(client: Client): Promise<Finding> {
  const before = Date.now();
  const { rows } = await client.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  );
  // The answer was made somewhere between question and receipt.
  const difference = Math.round(rows[0]!.ms - (before + Date.now()) / 2);
  if (Math.abs(difference) <= CLOCK_MS) return ok('clock', `Within ${CLOCK_MS} ms of the database's.`);
  return warn('clock', `The database is ${difference} ms ahead of this machine. Let both follow NTP.`);
}

/** Through two connections: a pooler that shares sessions loses what they listen to. */
async function listener(url: string, client: Client): Promise<Finding> {
  const channel = `reflex_doctor_${randomBytes(6).toString('hex')}`;
  const listening = clientOf(url);
  await listening.connect();
  let timer: NodeJS.Timeout | undefined;
  try {
    const heard = new Promise<boolean>((resolve) => {
      listening.on('notification', () => resolve(true));
      timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS);
    });
    await listening.query(`listen ${listening.escapeIdentifier(channel)}`);
    await client.query('select pg_notify($1, $2)', [channel, '']);
    if (await heard) return ok('listener', 'A notification came through.');
    return warn('listener', 'No notification came through, so work is found by polling. Connect without a pooler.');
  } finally {
    clearTimeout(timer);
    await listening.end();
  }
}

async function migrations(client: Client): Promise<Finding> {
  const { rows: present } = await client.query<{ there: boolean }>(
    `select to_regclass('public.reflex_migrations') is not null as there`,
  );
  const known = [...MIGRATIONS, ...AUTH_MIGRATIONS].map((Migration) => new Migration().name);
  const { rows } = present[0]!.there
    ? await client.query<{ name: string }>('select name from public.reflex_migrations')
    : { rows: [] };
  const applied = new Set(rows.map(({ name }) => name));
  const missing = known.filter((name) => !applied.has(name));
  if (missing.length > 0) return fail('migrations', `${missing.length} are missing. Run "npx reflex migrate".`);
  if (applied.size > known.length) return fail('migrations', 'The schema is newer than this program. Update it.');
  return ok('migrations', 'The schema is up to date.');
}

async function work(url: string): Promise<Finding[]> {
  const dataSource = await new DataSource({ type: 'postgres', url, extra: { max: 1 } }).initialize();
  try {
    const stats = await new PostgresEventStore(dataSource, { url, notify: false }).stats();
    const { partitionDaysAhead: days, stuck, deadLetters, oldestPendingSeconds: oldest, liveWorkers, pending } = stats;
    const waits = `${pending} wait, the oldest for ${Math.round(oldest ?? 0)} s.`;
    return [
      days >= PARTITION_DAYS
        ? ok('partitions', `The log has those of the next ${days} days.`)
        : fail(
            'partitions',
            `The log has those of the next ${days} days only. Start a service, or run "npx reflex migrate".`,
          ),
      liveWorkers > 0
        ? ok('workers', `${liveWorkers} alive.`)
        : warn('workers', 'None is alive, so events wait. Start a service with ROLE=all or ROLE=worker.'),
      (oldest ?? 0) <= OLD_SECONDS
        ? ok('queue', waits)
        : warn('queue', `${waits} Start more workers, or look at paused triggers.`),
      stuck === 0
        ? ok('stuck', 'No delivery is held by a dead process.')
        : warn('stuck', `${stuck} deliveries are held by dead processes. A live worker frees them; start one.`),
      deadLetters === 0
        ? ok('dead letters', 'There are none.')
        : warn('dead letters', `There are ${deadLetters}. Look at them with "npx reflex dlq clusters".`),
    ];
  } finally {
    await dataSource.destroy();
  }
}

function clientOf(url: string): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    application_name: 'reflex:doctor',
  });
  client.on('error', () => undefined);
  return client;
}
