import { setTimeout } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { Pauses } from '@reflex/core';
import { EventStore, type RunRecord } from '@reflex/event-store';
import { HttpPayload } from '@reflex/events';
import {
  eventually,
  freshDatabase,
  openaiPiece,
  startModelServer,
  startRawModelServer,
  streamHead,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { OnEvent, TriggerWorker, type DecisionContext } from '@reflex/triggers';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { report } from './form';

const RUNS = 200;
const AT_ONCE = 32;
const WINDOW_MS = 3_000;

@Agent({ name: 'clerk', prompt: 'Answer.' })
class Clerk extends LangChainAgent {}

@Injectable()
class Desk {
  constructor(private readonly clerk: Clerk) {}

  @OnEvent(HttpPayload, { name: 'desk' })
  work({ event }: DecisionContext<HttpPayload>): Promise<string> {
    return this.clerk.run(String(event.payload['n']));
  }
}

@Module({ providers: [Clerk, Desk] })
class DeskModule {}

describe('models under trouble', () => {
  let database: TestDatabase;
  let model: ModelServer;
  let service: Service;
  let store: EventStore;

  beforeEach(async () => {
    [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
    service = await startService(settingsWith({ OPENAI_BASE_URL: model.url }), { domain: [{ module: DeskModule }] });
    store = service.app.get(EventStore);
  });
  afterEach(async () => {
    await service.stop();
    await model.stop();
    await database.drop();
  });

  const settingsWith = (more: Record<string, string>) =>
    readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      EVENT_CONCURRENCY: String(AT_ONCE),
      ...more,
    });

  const publish = (count: number, into: EventStore = store) =>
    into.publish(
      Array.from({ length: count }, (_value, n) => HttpPayload.of({ source: 'test', payload: { n: `run-${n}` } })),
    );

  async function runs(): Promise<RunRecord[]> {
    const pages: RunRecord[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.searchRuns({ trigger: 'desk', limit: 1_000, cursor });
      pages.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return pages;
  }

  it('41: a provider that asks for 3 s is not called by anybody until then, and no attempt is used', async () => {
    const calls = new Map<string, number[]>();
    let openAt = 0;
    model.replies.push(
      ...Array.from({ length: 3 * RUNS }, () => ({ messages }: { messages: { content: unknown }[] }) => {
        const [run] = /run-\d+/.exec(JSON.stringify(messages.at(-1)))!;
        const now = performance.now();
        calls.set(run, [...(calls.get(run) ?? []), now]);
        openAt ||= now + WINDOW_MS;
        if (now >= openAt) return { content: `Done ${run}` };
        return { error: { message: 'Too many requests' }, status: 429, retryAfter: WINDOW_MS / 1_000 };
      }),
    );

    await publish(RUNS);
    const recorded = await eventually(
      async () => {
        const all = await runs();
        expect(all.filter(({ outcome }) => outcome === 'completed')).toHaveLength(RUNS);
        return all;
      },
      { timeoutMs: 40_000 },
    );

    const times = [...calls.values()];
    const inWindow = times.map((list) => list.filter((at) => at < openAt).length);
    const waits = times.flatMap(([first, next]) => (next === undefined ? [] : [next - first!]));
    const http = times.flat().length;
    report('41 429 with Retry-After', {
      runs: RUNS,
      http,
      refused: inWindow.reduce((sum, count) => sum + count, 0),
      'most per run and window': Math.max(...inWindow),
      'shortest wait ms': Math.min(...waits),
    });
    expect(Math.max(...inWindow)).toBe(1);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(WINDOW_MS);
    expect(http).toBeLessThanOrEqual(2 * RUNS);
    expect(new Set(recorded.map(({ outcome }) => outcome))).toEqual(new Set(['completed', 'deferred']));
    expect(new Set(recorded.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  }, 60_000);

  it('41: what a provider asked of one replica, the others keep to as well, also one that starts later', async () => {
    const modest = { OPENAI_BASE_URL: model.url, EVENT_CONCURRENCY: '4' };
    const others: Service[] = [];
    const startOther = async (more: Record<string, string> = {}): Promise<Service> => {
      others.push(await startService(settingsWith({ ...modest, ...more }), { domain: [{ module: DeskModule }] }));
      return others.at(-1)!;
    };
    const deferrals: number[] = [];
    const countDeferrals = ({ app }: Service): void => {
      const place = deferrals.push(0) - 1;
      app.get(TriggerWorker).on('settled', ({ outcome }) => (deferrals[place]! += Number(outcome === 'deferred')));
    };
    await service.stop();
    service = await startService(settingsWith(modest), { domain: [{ module: DeskModule }] });
    store = service.app.get(EventStore);
    const second = await startOther();
    const heard = new Promise<void>((resolve) => void second.app.get(Pauses).onPaused(() => resolve()));
    let openAt = 0;
    const times: number[] = [];
    const busy = () => {
      times.push(performance.now());
      openAt ||= times[0]! + 3 * WINDOW_MS;
      if (times.at(-1)! >= openAt) return { content: 'Done' };
      return { error: { message: 'Too many requests' }, status: 429, retryAfter: (3 * WINDOW_MS) / 1_000 };
    };
    model.replies.push(...Array.from({ length: 500 }, () => busy));
    try {
      await publish(1);
      await heard;
      for (const each of [service, second, await startOther()]) countDeferrals(each);
      // Not by one that works itself: it would take what it publishes.
      await publish(RUNS, (await startOther({ ROLE: 'api' })).app.get(EventStore));
      await eventually(
        async () => expect((await runs()).filter(({ outcome }) => outcome === 'completed')).toHaveLength(RUNS + 1),
        { timeoutMs: 40_000 },
      );

      const early = times.filter((at) => at < openAt).length;
      report('41 replicas', { runs: RUNS, http: times.length, early, deferrals: deferrals.join(' ') });
      expect(early).toBe(1);
      expect(Math.min(...deferrals)).toBeGreaterThan(0);
    } finally {
      await Promise.all(others.map((each) => each.stop()));
    }
  }, 90_000);

  it('41: a provider that is down is left alone after five faults, and runs wait without using attempts', async () => {
    model.replies.push(...Array.from({ length: 100 }, () => ({ error: { message: 'Down' }, status: 500 })));

    await publish(100);
    await eventually(
      async () => expect((await runs()).filter(({ outcome }) => outcome === 'deferred').length).toBeGreaterThan(50),
      { timeoutMs: 20_000 },
    );

    // The first four, and those that were under way when the fifth failed.
    const http = model.requests().length;
    report('41 breaker', { runs: 100, http });
    expect(http).toBeLessThanOrEqual(AT_ONCE + 4);
    expect((await runs()).filter(({ outcome }) => outcome === 'dead_letter')).toEqual([]);
  }, 60_000);

  it('42: an answer of a megabyte is cut off at its bound, one without an end at its time', async () => {
    const wordy = await startRawModelServer(
      (response) => {
        streamHead(response);
        response.end(openaiPiece('x'.repeat(1024 * 1024), 'stop'));
      },
      async (response) => {
        streamHead(response);
        while (!response.destroyed) {
          response.write(openaiPiece('and on '));
          await setTimeout(20);
        }
      },
    );
    await service.stop();
    service = await startService(
      settingsWith({ OPENAI_BASE_URL: wordy.url, MODEL_TIMEOUT: '1', EVENT_MAX_ATTEMPTS: '1' }),
      { domain: [{ module: DeskModule }] },
    );
    store = service.app.get(EventStore);

    await publish(1);
    const [long] = await eventually(async () => {
      const all = await runs();
      expect(all).toHaveLength(1);
      return all;
    });
    await publish(1);
    const [endless] = await eventually(async () => {
      const all = await runs();
      expect(all).toHaveLength(2);
      return all;
    });

    await eventually(() => expect(wordy.open).toBe(0));
    const http = wordy.requests;
    await wordy.stop();
    report('42 model without measure', { 'megabyte ms': long!.durationMs, 'endless ms': endless!.durationMs, http });
    expect(long).toMatchObject({ outcome: 'dead_letter', error: { code: 'answer_too_long' } });
    expect(endless).toMatchObject({ outcome: 'dead_letter', error: { code: 'model_unavailable' } });
    expect(endless!.durationMs).toBeLessThan(3_000);
    expect(http).toBe(2);
  }, 60_000);
});
