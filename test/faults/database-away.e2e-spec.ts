import { setTimeout as delay } from 'node:timers/promises';
import { openPostgresStore, type PostgresEventStore } from '@reflex/event-store';
import { TimerTable } from '@reflex/timers';
import { eventually, startProcess, startProxy, type TcpProxy, type TestProcess } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { Scene } from './scene';
import { SteadyLoad } from './steady-load';
import { WorkItem } from './work-events';

const AWAY_MS = full ? 60_000 : 8_000;

describe('a database that is away', () => {
  let scene: Scene;
  let proxy: TcpProxy;
  let publisher: PostgresEventStore & { close(): Promise<void> };
  let workers: TestProcess[];
  let service: TestProcess;
  let url: string;
  beforeAll(async () => {
    scene = await Scene.open();
    proxy = await startProxy(Number(new URL(scene.url).port));
    publisher = await openPostgresStore({ url: proxy.through(scene.url), poolSize: 4 });
    // Before the service adds migrations of its own.
    workers = await scene.start(2, { url: proxy.through(scene.url), timing: { maxAttempts: 1_000 } });
    service = startProcess('apps/api/src/main.ts', {
      env: { DATABASE_URL: proxy.through(scene.url), API_PORT: '0', LOG_LEVEL: 'warn', DATABASE_POOL_SIZE: '5' },
    });
    url = /http:[^\s]+/.exec(await service.line(/Listening +http/, { timeoutMs: 60_000 }))![0];
  }, 90_000);
  afterAll(async () => {
    await service.kill('SIGKILL');
    await publisher.close();
    await scene.close();
    await proxy.close();
  });

  const ask = async (method: string, path: string, body?: object) => {
    const startedAt = performance.now();
    const { status } = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    return { status, ms: performance.now() - startedAt };
  };
  const event = { type: 'http', payload: {} };
  const ticks = () => scene.count(`reflex.events where source = 'timer:pulse'`);
  const sessions = () =>
    scene.count(`pg_stat_activity where datname = current_database() and application_name ~ '^reflex:'`);

  it(`10: away for ${AWAY_MS / 1_000} s: 503 at once meanwhile, and afterwards all goes on by itself`, async () => {
    const pulse = { name: 'pulse', cron: null, everyMs: 1_000, tz: 'UTC', missed: 'once' } as const;
    await new TimerTable(scene.store.dataSource).create(pulse);
    const load = new SteadyLoad(publisher, (n) => WorkItem.of({ n, act: 'effect', source: 'test' }));
    await scene.effects(100, 20_000);
    await eventually(async () => expect(await ticks()).toBeGreaterThan(1));
    const sessionsBefore = await sessions();

    await proxy.down();
    const back = delay(AWAY_MS);
    const answers = [];
    for (const until = Date.now() + AWAY_MS - 1_000; Date.now() < until; await delay(500)) {
      answers.push(await ask('POST', '/events', event));
    }
    const health = (await ask('GET', '/health')).status;
    const ready = (await ask('GET', '/ready')).status;
    await back;
    const [before, ticksBefore] = [await scene.oracle.effects(), await ticks()];
    await proxy.up();
    const upAt = Date.now();

    await eventually(async () => expect(await scene.oracle.effects()).toBeGreaterThan(before), { timeoutMs: 30_000 });
    const resumedMs = Date.now() - upAt;
    await eventually(async () => expect((await ask('POST', '/events', event)).status).toBe(201), { timeoutMs: 30_000 });
    const takesMs = Date.now() - upAt;
    await eventually(async () => expect(await ticks()).toBeGreaterThan(ticksBefore + 2), { timeoutMs: 30_000 });
    await eventually(async () => expect((await ask('GET', '/ready')).status).toBe(200), { timeoutMs: 30_000 });
    const { published, errors } = await load.stop();
    await scene.empty(60_000);

    const verdict = await scene.oracle.judge(load.ids);
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    const outputs = [...workers, service].map(({ output }) => output).join('\n');
    const sessionsAfter = await sessions();
    report('10 away', { awayMs: AWAY_MS, published, refused: errors.length, slowest, resumedMs, takesMs, ...verdict });
    expect(verdict).toEqual(FLAWLESS);
    expect(errors.filter((error) => !/StoreUnavailable|StoreOverloaded/.test(error))).toEqual([]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(slowest).toBeLessThan(10_000);
    expect([health, ready]).toEqual([200, 503]);
    expect(resumedMs).toBeLessThan(10_000);
    expect(takesMs).toBeLessThan(10_000);
    expect(sessionsAfter).toBeLessThanOrEqual(sessionsBefore + 4);
    expect(outputs).not.toMatch(/unhandled/i);
  }, 240_000);
});
