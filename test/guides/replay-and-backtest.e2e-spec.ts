import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { AgentRegistry } from '@reflex/agents';
import { EventStore } from '@reflex/event-store';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { AlertAgent } from '../../apps/api/src/incidents/alert.agent';
import { startService, type Service } from '../../apps/api/src/service';
import { guide } from './guide';
import { itWithTools } from './shell-tools';

const { blocks } = guide('guides/replay-and-backtest.md');
const ROOT = resolve(__dirname, '../..');

let database: TestDatabase;
let service: Service;
let store: EventStore;

beforeAll(async () => {
  database = await freshDatabase();
  const settings = readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' });
  service = await startService(settings);
  store = service.app.get(EventStore);
});
afterAll(async () => {
  await service?.stop();
  await database.drop();
});

itWithTools(
  'the guide to replays and backtests has commands that do what it says',
  async () => {
    const [send, dryRun, backtest, overHttp, answers, model, execute] = blocks('sh');
    const [rehearsed, tested, same] = blocks('text');
    const completed = async () => (await store.searchRuns({ trigger: 'error-threshold', outcome: 'completed' })).items;

    await run(send!);
    await eventually(async () => expect(await completed()).toHaveLength(1), { timeoutMs: 30_000 });
    await eventually(async () => expect((await store.stats()).processing).toBe(0), { timeoutMs: 30_000 });

    expect(normal(await run(dryRun!))).toBe(normal(rehearsed!));
    expect(normal(await run(backtest!))).toBe(normal(tested!));
    await run(overHttp!);
    expect(normal(await run(answers!))).toBe(normal(same!));

    changePrompt();
    const [stale, anew] = [await run(answers!.replace(' --expect-same', '')), await run(model!)];
    expect(stale).toMatch(
      /Answers: 0 the same, 0 differ, 1 stale\.\n\? stale .*No answer to this prompt of "alert" is on record/,
    );
    expect(anew).toMatch(/Answers: (1 the same, 0 differ|0 the same, 1 differ), 0 stale\./);
    const effects = await store.effects.list({ trigger: 'error-threshold', limit: 1_000 });
    expect(new Set(effects.items.map(({ eventId }) => eventId)).size).toBe(1);

    await run(execute!);
    await eventually(async () => expect(await completed()).toHaveLength(2), { timeoutMs: 60_000 });
    expect((await store.operations.list())[0]).toMatchObject({ kind: 'events.replay', total: 6 });
  },
  240_000,
);

/** As if its author had edited it. */
function changePrompt(): void {
  const definition = service.app.get(AgentRegistry).definitionOf(AlertAgent);
  Object.assign(definition, { prompt: `${definition.prompt}\nAnswer in English.` });
}

/** What the commands print to standard output; throws when one of them fails. */
function run(commands: string): Promise<string> {
  const reflex = `${process.execPath} -r @swc-node/register ${ROOT}/apps/cli/src/main.ts`;
  const script = commands
    .replaceAll('localhost:8000', service.url.replace('http://', ''))
    .replaceAll('npx reflex', reflex);
  const env = { ...process.env, DATABASE_URL: database.url, REFLEX_URL: service.url };
  return new Promise((done, reject) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT, env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${script}\n${stdout}${stderr}`)) : done(stdout),
    );
  });
}

function normal(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'EVENT')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/ +/g, ' ')
    .trim();
}
