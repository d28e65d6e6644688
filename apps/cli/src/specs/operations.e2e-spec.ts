import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TimerService, TimerTable } from '@reflex/timers';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import {
  auditRows,
  deadLetters,
  expectMisuse,
  openStore,
  reflexOn,
  startApi,
  startReflex,
  type Store,
} from './cli-under-test';

jest.setTimeout(180_000);

let database: TestDatabase;
let store: Store;

beforeEach(async () => {
  database = await freshDatabase();
  store = await openStore(database);
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const reflex = (...args: string[]) => reflexOn(database, ...args);

it('clusters, exports and purges dead letters', async () => {
  await deadLetters(store, ['Order 17 is late.', 'Order 18 is late.', 'Gone.']);
  const folder = await mkdtemp(join(tmpdir(), 'reflex-cli-'));
  const output = join(folder, 'letters.jsonl');

  const clusters = await reflex('dlq', 'clusters');
  const cluster = /^([0-9a-f]{12}) +broken +2 /m.exec(clusters.output)![1]!;
  const exported = await reflex('dlq', 'export', '--cluster', cluster, '--output', output);
  const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
  await rm(folder, { recursive: true });
  const refused = await reflex('dlq', 'purge', '--cluster', cluster, '--expected', '3');
  const purged = await reflex('dlq', 'purge', '--cluster', cluster, '--expected', '2', '--reason', 'Late.');
  const rest = await reflex('dlq', 'purge', '--yes', '--json');

  expect(exported).toEqual({ code: 0, output: `Exported 2 dead letters to ${output}.` });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ cluster }, { cluster }]);
  expect(refused).toMatchObject({
    code: 1,
    output: expect.stringMatching(/finds 2 .* not 3; .*--expected 2\.$/) as string,
  });
  expect(purged).toEqual({ code: 0, output: 'Deleted 2.' });
  expect(JSON.parse(rest.output)).toEqual({ status: 'deleted', deleted: 1 });
  expect((await auditRows(store)).slice(-2)).toMatchObject([
    { action: 'dead_letter.purge', target: cluster, reason: 'Late.', outcome: 'done', details: { deleted: 2 } },
    { action: 'dead_letter.purge', target: '*', outcome: 'done', details: { deleted: 1 } },
  ]);
});

it('retries all that a filter finds, and tells how they ended', async () => {
  await deadLetters(store, ['One.', 'Two.']);
  const child = startReflex(
    { DATABASE_URL: database.url },
    'dlq retry-all --trigger broken --rate 100 --no-stop-on-failure --reason Fixed. --json'.split(' '),
  );
  const ending = new AbortController();
  void child.ended.then(() => ending.abort());
  const served = store.subscribe({ name: 'broken', types: ['http'], signal: ending.signal });
  for await (const { ack } of served) await ack();

  expect(JSON.parse(child.output)).toMatchObject({ status: 'done', total: 2, done: 2, succeeded: 2, failed: 0 });
  expect((await child.ended).code).toBe(0);
  expect((await reflex('dlq', 'list')).output).toBe('There are no dead letters.');
  expect(await auditRows(store)).toMatchObject([
    { action: 'dead_letter.retry_many', target: 'broken', reason: 'Fixed.', outcome: 'done', details: { total: 2 } },
  ]);
});

it('stops retrying on Ctrl-C, and leaves the rest alone', async () => {
  await deadLetters(store, ['One.', 'Two.', 'Three.']);
  const child = startReflex({ DATABASE_URL: database.url }, 'dlq retry-all --rate 0.1 --no-stop-on-failure'.split(' '));
  await eventually(async () => expect((await store.operations.list())[0]).toMatchObject({ done: 1 }), {
    timeoutMs: 60_000,
  });

  const ended = await child.kill('SIGINT');

  expect(ended.code).toBe(1);
  expect(child.output).toMatch(/^No worker is alive: what is given back waits until a service runs\.$/m);
  expect(child.output).toMatch(
    /^Stopped\. 1 of 3 were given back: 0 succeeded, 0 gave up again, 1 wait\. Stopped by cli:/m,
  );
  expect((await store.deadLetters.list({})).count).toBe(2);
});

it('lists, pauses and resumes triggers and timers', async () => {
  await deadLetters(store, ['One.']);
  await new TimerService(new TimerTable(store.dataSource)).create('nightly', { cron: '0 3 * * *' });

  const paused = await reflex('triggers', 'pause', 'broken', '--reason', 'It floods.');
  const triggers = await reflex('triggers', 'list');
  const resumed = await reflex('triggers', 'resume', 'broken', '--json');
  const timer = await reflex('timers', 'pause', 'nightly');
  const timers = await reflex('timers', 'list', '--json');
  const none = await reflex('timers', 'resume', 'never');

  expect(paused).toEqual({ code: 0, output: 'Paused "broken".' });
  expect(triggers.output).toMatch(/^broken +http +- +0 +paused$/m);
  expect(JSON.parse(resumed.output)).toEqual({ name: 'broken', paused: false });
  expect((await store.triggers())[0]).toMatchObject({ paused: false });
  expect(timer).toEqual({ code: 0, output: 'Paused "nightly".' });
  expect(JSON.parse(timers.output)).toMatchObject({ items: [{ name: 'nightly', paused: true, next_at: null }] });
  expect(none).toMatchObject({ code: 1, output: expect.stringMatching(/never/) as string });
  expect(await auditRows(store)).toMatchObject([
    { action: 'trigger.pause', target: 'broken', reason: 'It floods.', outcome: 'done' },
    { action: 'trigger.resume', outcome: 'done' },
    { action: 'timer.pause', target: 'nightly', outcome: 'done' },
    { action: 'timer.resume', target: 'never', outcome: 'failed' },
  ]);
});

it('edits and explains through the service, which has the classes', async () => {
  const [id] = await deadLetters(store, ['One.']);
  const api = await startApi(database);

  const edited = await reflex(
    'dlq',
    'edit',
    id!,
    '--data',
    '{"payload":{"n":2}}',
    '--reason',
    'Typo.',
    '--url',
    api.url,
  );
  const invalid = await reflex('dlq', 'edit', id!, '--data', '{"colour":1}', '--url', api.url);
  const explained = await reflex('triggers', 'explain', 'immediate-reply', '--event', id!, '--url', api.url);
  await api.process.kill();

  expect(edited).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^Edited\. .*reflex dlq retry [0-9a-f-]{36}$/) as string,
  });
  expect((await store.deadLetters.find(id!))[0]!.event.payload).toEqual({ payload: { n: 2 } });
  expect(invalid).toMatchObject({ code: 1, output: expect.stringMatching(/^[^\n]*colour[^\n]*$/) as string });
  expect(explained).toMatchObject({ code: 0, output: expect.stringMatching(/wrong type: /) as string });
});

it.each([
  [['dlq', 'purge'], /--expected .* or --yes/],
  [['dlq', 'retry-all', '--rate', 'fast'], /--rate must be a number/],
  [['dlq', 'clusters', '--from', '1hxyz'], /"1hxyz" is not a time/],
  [['dlq', 'edit', 'x'], /--data/],
  [['triggers', 'explain', 'x'], /--event/],
])('exits with 2 for %j', expectMisuse);
