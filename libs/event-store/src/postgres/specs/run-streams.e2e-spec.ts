import type { RunFrame } from '@reflex/core';
import { eventually, startProxy, type TcpProxy } from '@reflex/test';
import type { ToldRun } from '../../run-streams';
import { count, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const token = (text: string, turn = 1): RunFrame => ({ type: 'token', agent: 'a', turn, text });
const call = (tool: string): RunFrame => ({ type: 'tool', agent: 'a', call_id: tool, tool, status: 'started' });

describe('what a run tells', () => {
  let stores: Stores;
  let proxy: TcpProxy | undefined;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(async () => {
    await stores.reset();
    await proxy?.close();
    proxy = undefined;
  });
  afterAll(() => stores.drop());

  async function aDelivery(options: Parameters<typeof worker>[2] = {}) {
    const { store, claimOne } = await worker(stores, [trigger('t')], options);
    const [published] = await store.publish(ticket());
    return { store, delivery: await claimOne(), eventId: published!.id, claimOne };
  }

  const framesOf = async (store: Awaited<ReturnType<Stores['store']>>, runId: string, after = 0) =>
    (await store.streams.read([{ runId, after }]))[0];

  it('can be read at another process while it runs, and its record has the same id', async () => {
    const [{ store, delivery, eventId }, reader] = [await aDelivery(), await stores.store()];
    const stream = store.streams.open(delivery);

    stream.tell(token('Hel'));
    stream.tell(token('lo'));
    stream.tell(call('look_up'));
    const [run] = await eventually(async () => {
      const runs = await reader.streams.ofEvent(eventId);
      expect(runs).toHaveLength(1);
      return runs;
    });
    const live = await framesOf(reader, run!.runId);
    const id = await stream.end();
    await store.settle(settlement(delivery, 'completed', { run: { id, startedAt: new Date(), durationMs: 1 } }));

    expect(live).toMatchObject({ eventId, trigger: 't', attempt: 1, live: true, more: false });
    expect(live!.frames.map(({ seq }) => seq)).toEqual(live!.frames.map((_frame, index) => index + 1));
    expect(id).toBe(run!.runId);
    expect(await framesOf(reader, id!)).toMatchObject({ live: false });
    expect(await reader.findRun(id!)).toMatchObject({ id, eventId, outcome: 'completed' });
  });

  it('is read on from any place, and what was written in one moment is one frame', async () => {
    const { store, delivery } = await aDelivery();
    const stream = store.streams.open(delivery);

    for (const word of ['one ', 'two ', 'three']) stream.tell(token(word));
    stream.tell(call('look_up'));
    stream.tell(token('four', 2));
    const runId = (await stream.end())!;

    const told = (await framesOf(store, runId))!.frames;
    expect(told.map(({ frame }) => (frame.type === 'token' ? frame.text : frame.tool)).join('|')).toMatch(
      /^one \|?two \|?three\|look_up\|four$/,
    );
    expect((await framesOf(store, runId, told.length - 1))!.frames).toEqual([told.at(-1)]);
    expect((await framesOf(store, runId, told.length))!.frames).toEqual([]);
  });

  it('comes in pages', async () => {
    const { store, delivery } = await aDelivery();
    const stream = store.streams.open(delivery);
    for (let index = 0; index < 100; index += 1) stream.tell(call(`tool-${index}`));
    const runId = (await stream.end())!;

    const first = (await framesOf(store, runId))!;
    const rest = (await framesOf(store, runId, first.frames.at(-1)!.seq))!;

    expect([first.more, rest.more]).toEqual([true, false]);
    expect(first.frames.length + rest.frames.length).toBe(100);
  });

  it('is hinted at in every process, when it is told and when the run is recorded', async () => {
    const [{ store, delivery, eventId }, reader] = [await aDelivery(), await stores.store()];
    const here: ToldRun[] = [];
    const there: ToldRun[] = [];
    store.streams.onTold((runs) => here.push(...runs));
    reader.streams.onTold((runs) => there.push(...runs));
    const stream = store.streams.open(delivery);

    stream.tell(token('x'));
    await eventually(() => expect([here.length, there.length]).toEqual([1, 1]));
    const runId = await stream.end();
    await store.settle(settlement(delivery, 'failed', { run: { id: runId, startedAt: new Date(), durationMs: 1 } }));

    await eventually(() => expect([here.length, there.length]).toEqual([2, 2]));
    expect(there).toEqual([
      { runId, eventId },
      { runId, eventId },
    ]);
  });

  it('of an attempt that is given back ends without a record, and the next attempt tells under another id', async () => {
    const { store, delivery, claimOne } = await aDelivery();
    const first = store.streams.open(delivery);
    first.tell(token('x'));
    const runId = (await first.end())!;

    await store.release([delivery]);
    const again = store.streams.open(await claimOne());
    again.tell(token('y'));
    const secondId = await again.end();

    expect(await framesOf(store, runId)).toMatchObject({ live: false, frames: [{ seq: 1 }] });
    expect(await store.findRun(runId)).toBeNull();
    expect(secondId).not.toBe(runId);
    expect(await framesOf(store, secondId!)).toMatchObject({ live: true });
  });

  it('is stored once, also when an answer of the database is lost', async () => {
    proxy = await startProxy(Number(new URL(stores.url).port));
    const { store, delivery } = await aDelivery({ url: proxy.through(stores.url) });
    const stream = store.streams.open(delivery);
    proxy.delay(300);

    stream.tell(token('x'));
    await eventually(async () => {
      const watcher = await stores.store({ poolSize: 1, notify: false });
      expect(await count(watcher, 'reflex.run_frames')).toBe(1);
    });
    proxy.reset();
    proxy.delay(0);
    stream.tell(token('y', 2));
    const runId = await eventually(async () => {
      const [run] = await store.streams.ofEvent(delivery.event!.id);
      expect((await framesOf(store, run!.runId))!.frames).toHaveLength(2);
      return run!.runId;
    });

    expect((await framesOf(store, runId))!.frames.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('does not grow without end while the database is away, and does not hold up the end of the run for long', async () => {
    proxy = await startProxy(Number(new URL(stores.url).port));
    const { store, delivery } = await aDelivery({ url: proxy.through(stores.url) });
    await proxy.close();
    const stream = store.streams.open(delivery);

    for (let index = 0; index < 1_000; index += 1) stream.tell(call('x'.repeat(1_000)));
    const startedAt = performance.now();

    expect(await stream.end()).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('of one run that cannot be stored does not harm the others', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2)]);
    const [good, bad] = (await claim()).flat().map((delivery) => store.streams.open(delivery));

    bad!.tell(call('nul \u0000'));
    good!.tell(token('x'));

    expect(await bad!.end()).toBeUndefined();
    expect(await good!.end()).toBeDefined();
  });

  it('is forgotten when it is old, unless it still goes on', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2)]);
    const [ended, live] = (await claim()).flat();
    const runIds = [];
    for (const delivery of [ended!, live!]) {
      const stream = store.streams.open(delivery);
      stream.tell(token('x'));
      runIds.push(await stream.end());
    }
    await store.settle(settlement(ended!));

    const forget = () => store.dataSource.query<{ n: number }[]>('select reflex.forget_streams(60, 10) as n');
    const [young] = await forget();
    await store.dataSource.query(`update reflex.run_streams set started_at = now() - interval '61 minutes'`);
    const [old] = await forget();

    expect([young!.n, old!.n]).toEqual([0, 1]);
    expect(await framesOf(store, runIds[0]!)).toBeUndefined();
    expect(await framesOf(store, runIds[1]!)).toBeDefined();
    expect(await count(store, 'reflex.run_frames')).toBe(1);
  });
});
