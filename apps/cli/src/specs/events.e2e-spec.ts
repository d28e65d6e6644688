import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Published } from '@reflex/event-store';
import { HttpPayload } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import {
  auditRows,
  deadLetters,
  expectMisuse,
  openStore,
  registerBroken,
  reflexOn,
  startApi,
  startReflex,
  type Store,
} from './cli-under-test';

jest.setTimeout(180_000);

let database: TestDatabase;
let store: Store;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database);
  folder = await mkdtemp(join(tmpdir(), 'reflex-cli-'));
});
afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const reflex = (...args: string[]) => reflexOn(database, ...args);
const publish = async (n: number) => {
  const [{ id }] = (await store.publish(HttpPayload.of({ source: 'test', payload: { n } }))) as [Published];
  return id;
};

/** Serves the trigger "broken" until then. */
async function ackedUntil(end: Promise<unknown>): Promise<void> {
  const ending = new AbortController();
  void end.finally(() => ending.abort());
  for await (const { ack } of store.subscribe({ name: 'broken', types: ['http'], signal: ending.signal })) await ack();
}

it('D46: reads history as JSON lines, by time and type, to a file or standard output', async () => {
  const ids = [await publish(1), await publish(2)];
  const output = join(folder, 'events.jsonl');

  const written = await reflex('replay', '--last', '1h', '--types', 'http,alert*', '--output', output);
  const other = await reflex('replay', '--last', '1h', '--types', 'error');
  const past = await reflex('replay', '--start', '2024-01-01T00:00:00', '--end', '2024-01-02');
  const unwritable = await reflex('replay', '--last', '1h', '-o', join(folder, 'none/events.jsonl'));

  const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { id: ids[0], type: 'http', source: 'test', payload: { n: 1 } },
    { id: ids[1], payload: { n: 2 } },
  ]);
  expect(written).toEqual({ code: 0, output: `Replayed 2 events to ${output}.` });
  expect(other).toEqual({ code: 0, output: 'Replayed 0 events.' });
  expect(past).toEqual({ code: 0, output: 'Replayed 0 events.' });
  expect(unwritable).toMatchObject({
    code: 1,
    output: expect.stringMatching(/cannot be written \(ENOENT\)/) as string,
  });
});

it('delivers history again to named triggers, and keeps an audit of it', async () => {
  await deadLetters(store, ['one', 'two']);
  const events = (await store.search({ types: ['http'] })).items.length;
  const range = ['replay', '--last', '1h', '--triggers', 'broken'];
  const execute = [...range, '--execute', '--rate', '5000', '--no-stop-on-failure', '--reason', 'Fixed.', '--json'];

  const forecast = await reflex(...range, '--dry-run', '--json', '--url', 'http://127.0.0.1:1');
  const before = (await store.stats()).pending;
  const child = startReflex({ DATABASE_URL: database.url }, execute);
  await ackedUntil(child.ended);
  const nobody = await reflex('replay', '--last', '1h', '--triggers', 'nobody', '--execute');

  expect(forecast.output).toMatch(/does not answer .* So this counts, and asks no filter\.$/m);
  expect(JSON.parse(forecast.output.slice(forecast.output.indexOf('{')))).toEqual({
    mode: 'dry_run',
    events,
    deliveries: { broken: events },
  });
  expect(before).toBe(0);
  expect((await child.ended).code).toBe(0);
  const json = child.output.slice(child.output.indexOf('{'));
  expect(JSON.parse(json)).toMatchObject({ status: 'done', total: events, done: events, succeeded: events, failed: 0 });
  expect(nobody).toMatchObject({ code: 1, output: expect.stringMatching(/nobody/) as string });
  expect(await auditRows(store)).toMatchObject([
    { action: 'replay.execute', target: 'broken', reason: 'Fixed.', outcome: 'done', details: { total: events } },
    { action: 'replay.execute', target: 'nobody', outcome: 'failed', details: { error: 'unknown_trigger' } },
  ]);
});

it('stops a replay on Ctrl-C, and lets one go on that it is not to wait for', async () => {
  await registerBroken(store);
  await store.publish([5, 6, 7].map((n) => HttpPayload.of({ source: 'slow', payload: { n } })));
  await ackedUntil(eventually(async () => expect((await store.stats()).pending).toBe(0)));
  const execute = 'replay --last 1h --triggers broken --execute --rate 0.1'.split(' ');

  const child = startReflex({ DATABASE_URL: database.url }, execute);
  const [operation] = await eventually(
    async () => {
      const found = await store.operations.list();
      expect(found[0]).toMatchObject({ status: 'running', done: 1 });
      return found;
    },
    { timeoutMs: 60_000 },
  );
  const ended = await child.kill('SIGINT');
  const detached = await reflex(...execute, '--detach');
  const left = await store.operations.find(detached.output);
  await store.operations.stop(detached.output, 'test');

  expect(ended.code).toBe(1);
  expect(child.output).toMatch(/Stopping\. Press Ctrl-C again/);
  expect(child.output).toMatch(/^Stopped\. 1 of \d+ were delivered again: .* Stopped by cli:/m);
  expect(await store.operations.find(operation!.id)).toMatchObject({ status: 'stopped' });
  expect(detached.code).toBe(0);
  expect(left).toMatchObject({ kind: 'events.replay', status: 'running' });
});

it('shows the newest events and follows those to come', async () => {
  const first = await publish(3);
  const shown = await reflex('tail', '--limit', '1');
  const tail = startReflex({ DATABASE_URL: database.url }, ['tail', '-n', '1', '-f', '--types', 'http', '--json']);
  await tail.line(new RegExp(first), { timeoutMs: 60_000 });

  const next = await publish(4);
  await tail.line(new RegExp(next));
  const ended = await tail.kill('SIGINT');

  expect(shown.output).toMatch(new RegExp(`^\\S+Z  ${first}  http  test  .*"n":3`));
  expect(tail.output.split('\n').map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([first, next]);
  expect(ended.code).toBe(0);
});

it('draws what an event caused', async () => {
  await registerBroken(store);
  const id = await publish(5);

  const tree = await reflex('graph', id);
  const flowchart = await reflex('graph', id, '--mermaid');
  const json = await reflex('graph', id, '--json');
  const none = await reflex('graph', 'nothing');

  expect(tree.output).toMatch(/^event http .*<- asked for\n└─ trigger broken · pending/);
  expect(flowchart.output).toMatch(/^flowchart TD\n/);
  expect(JSON.parse(json.output)).toMatchObject({ focus: expect.any(String) as string, cut: null });
  expect(none).toEqual({ code: 1, output: 'There is no event "nothing". Look for it with "reflex tail".' });
});

it('publishes through the running service, which knows the types', async () => {
  const api = await startApi(database);
  const emit = (...args: string[]) => reflex('emit', ...args, '--url', api.url);

  const emitted = await emit('http', '--data', '{"payload":{"hello":"world"}}', '--source', 'me', '--id', 'own-1');
  const unknown = await emit('nonsense');
  await api.process.kill();
  const offline = await emit('http');

  expect(emitted).toEqual({ code: 0, output: 'own-1' });
  expect(await eventually(() => store.find('own-1'))).toMatchObject({
    source: 'me',
    payload: { payload: { hello: 'world' } },
  });
  expect(unknown).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^No event type "nonsense"[^\n]+$/) as string,
  });
  expect(offline).toMatchObject({
    code: 1,
    output: expect.stringMatching(/does not answer \(ECONNREFUSED\)/) as string,
  });
});

it.each([
  [['replay'], /--last 1h or --start/],
  [['replay', '--last', '1hxyz'], /"1hxyz" is not a duration/],
  [['replay', '--start', 'yesterday'], /"yesterday" is not a time/],
  [['replay', '--last', '1h', '--execute'], /--execute needs --triggers/],
  [['emit', 'http', '--data', '[1]'], /--data must be a JSON object/],
  [['emit', 'http', '--url', 'localhost:8000'], /--url must start with/],
  [['tail', '--limit', '0'], /--limit must be a whole number/],
])('D46: exits with 2 for %j', expectMisuse);
