import type { Backtest, ReplayDryRun } from '@reflex/core';
import { eventually, freshDatabase, type TestDatabase, type TestProcess } from '@reflex/test';
import { type Answer, expectMisuse, openStore, startApi, startReflex, type Store } from './cli-under-test';

jest.setTimeout(240_000);

let database: TestDatabase;
let store: Store;
let api: { url: string; process: TestProcess };
let reader: string;
let admin: string;

/** A service that asks for keys, as in production, with five errors in a minute on record. */
beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database);
  api = await startApi(database, { ACCESS: 'keys', DEFAULT_MODEL: 'offline:rules' });
  [reader, admin] = await Promise.all([keyFor('events:read'), keyFor('admin')]);
  for (let n = 1; n <= 6; n += 1) {
    const data = JSON.stringify({ service: 'checkout', message: `Payment ${n} failed` });
    const emitted = await reflex(admin, 'emit', 'monitor.error', '--data', data, '--source', 'checkout');
    expect(emitted).toMatchObject({ code: 0 });
  }
  const fired = { trigger: 'error-threshold', outcome: 'completed' as const };
  await eventually(async () => expect((await store.searchRuns(fired)).items).toHaveLength(1), { timeoutMs: 30_000 });
});
afterAll(async () => {
  await api.process.kill();
  await store.close();
  await database.drop();
});

async function keyFor(scope: string): Promise<string> {
  const made = await reflex('', 'keys', 'create', '--name', scope.replace(':', '-'), '--scopes', scope, '--json');
  return (JSON.parse(made.output) as { key: string }).key;
}

/** With the key in the environment, and no way to the database but for keys. */
async function reflex(key: string, ...args: string[]): Promise<Answer> {
  const child = startReflex(
    { DATABASE_URL: database.url, REFLEX_URL: api.url, ...(key && { REFLEX_API_KEY: key }) },
    args,
  );
  const { code } = await child.ended;
  return { code, output: child.output };
}

const week = ['backtest', '--trigger', 'error-threshold', '--last', '7d'];

it('tells what other values would have done, and exits with 1 for CI when that differs', async () => {
  const same = await reflex(reader, ...week, '--expect-same');
  const higher = await reflex(reader, ...week, '--set', 'threshold=6', '--expect-same');
  const json = await reflex(reader, ...week, '--set', 'threshold=2', '--json');

  expect(same).toEqual({ code: 0, output: 'error-threshold: would fire once, was 1; no difference.' });
  expect(higher.code).toBe(1);
  expect(higher.output).toMatch(
    /^error-threshold with threshold 5 → 6: would fire once, was 1; these 2 differ\.\n- gone +\S+Z  monitor\.error \S+ in checkout · accumulated: 5 of 6 within 60s\n\+ new +\S+Z  monitor\.error \S+ in checkout · was accumulated: 1 of 5 within 60s$/,
  );
  expect(JSON.parse(json.output) as Backtest).toMatchObject({ would_fire: 3, did_fire: 1, changed: { threshold: 5 } });
});

it('says in a sentence what cannot be', async () => {
  const unknown = await reflex(reader, 'backtest', '--trigger', 'nobody', '--last', '1h');
  const parameter = await reflex(reader, ...week, '--set', 'speed=1');
  const nobody = await reflex('', ...week);
  const wrong = await reflex('rfx_wrong', ...week);

  expect(unknown).toMatchObject({ code: 1, output: expect.stringMatching(/^[^\n]*"nobody"[^\n]*$/) as string });
  expect(parameter.output).toMatch(/has no parameter "speed"; it has threshold \(5\), window \(60s\)\.$/);
  expect([nobody.code, wrong.code]).toEqual([1, 1]);
  for (const { output } of [nobody, wrong]) expect(output).toMatch(/reflex keys create/);
});

it('tells in a dry run what each event would lead to, and why not', async () => {
  const range = ['replay', '--last', '7d', '--types', 'monitor.error', '--dry-run'];

  const told = await reflex(admin, ...range, '--triggers', 'error-threshold');
  const json = await reflex(admin, ...range, '--limit', '1', '--json');
  const refused = await reflex(reader, ...range);

  expect(told.code).toBe(0);
  expect(told.output).toMatch(/^error-threshold +6 +1 +0 +0$/m);
  // One error is remembered since the action, so that it fires one earlier.
  expect(told.output).toMatch(/ monitor\.error +error-threshold +accumulated +2 of 5 within 60s$/m);
  expect(told.output).toMatch(/ monitor\.error +error-threshold +fires +-$/m);
  const { items, verdicts } = JSON.parse(json.output) as ReplayDryRun;
  expect(items).toMatchObject([
    {
      event: { type: 'monitor.error' },
      decisions: expect.arrayContaining([
        expect.objectContaining({
          trigger: 'error-threshold',
          verdict: 'accumulated',
          filter: expect.objectContaining({ name: 'and', pass: true }) as unknown,
          condition: expect.objectContaining({ name: 'count', met: false }) as unknown,
        }),
      ]) as unknown,
    },
  ]);
  expect(Object.keys(verdicts).sort()).toEqual(['error-threshold', 'periodic-summary']);
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/admin/) as string });
});

it('does over the service what the key may do, and no more', async () => {
  const [run] = (await store.searchRuns({ trigger: 'error-threshold', outcome: 'completed' })).items;
  const event = run!.eventId;

  const explained = await reflex(reader, 'triggers', 'explain', 'error-threshold', '--event', event);
  const emitted = await reflex(reader, 'emit', 'monitor.error', '--data', '{"service":"a","message":"b"}');
  const byFlag = await reflex('', 'emit', 'http', '--data', '{"payload":{}}', '--key', admin, '--id', 'by-flag');
  const edited = await reflex(reader, 'dlq', 'edit', 'nothing', '--data', '{}');
  const doctor = await reflex(admin, 'doctor');

  expect(explained).toMatchObject({
    code: 0,
    output: expect.stringMatching(/error-threshold for monitor\.error/) as string,
  });
  expect(emitted).toMatchObject({ code: 1, output: expect.stringMatching(/events:write/) as string });
  expect(byFlag).toEqual({ code: 0, output: 'by-flag' });
  expect(edited).toMatchObject({ code: 1, output: expect.stringMatching(/dlq:write/) as string });
  expect(doctor.output).toMatch(/^ok +service/m);
  expect(JSON.stringify([explained, emitted, edited, doctor])).not.toContain(admin);
});

it.each([
  [['backtest', '--last', '7d'], /--trigger/],
  [['backtest', '--trigger', 'x'], /--last 7d or --start/],
  [['backtest', '--trigger', 'x', '--last', '7d', '--set', 'threshold'], /--set threshold=8/],
  [['backtest', '--trigger', 'x', '--last', '7d', '--warm-up', 'long'], /--warm-up: "long" is not a duration/],
  [['replay', '--last', '1h', '--triggers', 'x', '--execute', '--rate', '0'], /--rate must be a number/],
])('exits with 2 for %j', expectMisuse);
