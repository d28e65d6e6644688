import { IdempotencyConflict, openPostgresStore, StoreUnavailable } from '@reflex/event-store';
import { eventually, startProcess, startProxy } from '@reflex/test';
import { report } from './form';
import { FLAWLESS } from './oracle';
import { items, PLAIN, Scene } from './scene';
import { FannedWork, WorkItem } from './work-events';

describe('once', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it('29: one key from 50 callers in five processes makes one event, and all get its id', async () => {
    const publishers = Array.from({ length: 5 }, () =>
      startProcess('test/faults/fixtures/publisher.ts', {
        env: { KEYED_PUBLISHER: JSON.stringify({ url: scene.url, key: 'k-29', times: 10 }) },
      }),
    );
    await Promise.all(publishers.map((each) => each.line(/^ready/, { timeoutMs: 60_000 })));
    for (const { pid } of publishers) process.kill(pid, 'SIGUSR2');
    const lines = await Promise.all(publishers.map((each) => each.line(/^ids /)));

    const ids = lines.flatMap((line) => line.slice(4).split(','));
    report('29 idempotency', {
      callers: ids.length,
      ids: new Set(ids).size,
      events: await scene.count('reflex.events'),
    });
    expect(ids).toHaveLength(50);
    expect(new Set(ids).size).toBe(1);
    expect(await scene.count('reflex.events')).toBe(1);
    const other = WorkItem.of({ n: 2, act: 'effect', source: 'test' });
    await expect(scene.store.publish(other, { idempotencyKey: 'k-29' })).rejects.toBeInstanceOf(IdempotencyConflict);
  }, 60_000);

  it('30: a publish whose answer is lost after the commit can be sent again: one event, one effect', async () => {
    await scene.start(1);
    const proxy = await startProxy(Number(new URL(scene.url).port));
    const store = await openPostgresStore({ url: proxy.through(scene.url), poolSize: 2, notify: false });
    const event = () => WorkItem.of({ id: 'order-30', n: 30, act: 'effect', source: 'test' });
    await store.stats();

    // Answers need so long that the connection dies between the commit and its answer.
    proxy.delay(1_000);
    const first = store.publish(event()).catch((error: unknown) => error);
    await eventually(async () => expect(await scene.count('reflex.events')).toBe(1));
    proxy.reset();
    expect(await first).toBeInstanceOf(StoreUnavailable);
    proxy.delay(0);
    const [again] = await store.publish(event());
    await scene.empty(10_000);
    await store.close();
    await proxy.close();

    const verdict = await scene.oracle.judge(['order-30']);
    report('30 lost answer', { events: await scene.count('reflex.events'), duplicate: again!.duplicate, ...verdict });
    expect(again).toEqual({ id: 'order-30', duplicate: true });
    expect(await scene.count('reflex.events')).toBe(1);
    expect(verdict).toEqual(FLAWLESS);
  }, 60_000);

  it('31: of five triggers one fails three times; the other four run exactly once', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const fanned = names.map((name) => ({
      name,
      on: 'work.fanned',
      failures: name === 'three' ? 3 : 0,
      maxAttempts: 5,
    }));
    await scene.start(2, { triggers: fanned });
    await scene.publish(Array.from({ length: 20 }, (_, n) => FannedWork.of({ n, act: 'effect', source: 'test' })));
    await scene.empty(20_000);

    const verdict = await scene.oracle.judge(scene.ids, 5);
    const starts = await scene.oracle.rows<{ trigger: string; count: number }>(
      'select trigger, count(*)::int as count from oracle.starts group by 1',
    );
    report('31 five triggers', { events: 20, ...verdict });
    expect(Object.fromEntries(starts.map(({ trigger, count }) => [trigger, count]))).toEqual({
      one: 20,
      two: 20,
      three: 80,
      four: 20,
      five: 20,
    });
    expect(verdict).toEqual(FLAWLESS);
  }, 60_000);

  it('34: unreadable rows, unknown types and rows of removed triggers go to the dead letters; neighbours are done', async () => {
    const glob = { name: 'glob', on: 'work.*' };
    const triggers = [glob, { ...PLAIN, name: 'laned-glob', on: 'work.*', scope: 'source' }];
    await scene.register([...triggers, { name: 'removed', on: 'work.item' }]);
    await scene.publish(items(20, 'effect'));
    // Not seen for longer than anybody would wait for it to come back.
    await scene.oracle.rows(`update reflex.triggers set seen_at = now() - interval '1 day' where name = 'removed'`);
    // As another version or a hand at the console would leave them.
    await scene.oracle.rows(
      `select from reflex.publish(jsonb_build_array(
         jsonb_build_object('id', 'unknown', 'type', 'work.gone', 'source', 'test', 'at', now(), 'trace', 't', 'corr', 'c',
                            'depth', 0, 'payload', '{}'::jsonb),
         jsonb_build_object('id', 'broken', 'type', 'work.item', 'source', 'test', 'at', now(), 'trace', 't', 'corr', 'c',
                            'depth', 0, 'payload', '[1]'::jsonb)))`,
    );
    await scene.oracle.rows(
      `insert into reflex.deliveries (event_seq, trigger_id, event_at, status)
       select 999999, id, now(), 'pending' from reflex.triggers where name = 'glob'`,
    );
    await scene.publish(items(1, 'effect'));
    const [worker] = await scene.start(1, { triggers });

    await scene.empty(30_000);

    const letters = await scene.oracle.rows<{ name: string; reason: string; count: number }>(
      `select t.name, l.reason, count(*)::int as count
         from reflex.dead_letters l join reflex.triggers t on t.id = l.trigger_id group by 1, 2 order by 1, 2`,
    );
    report('34 bad rows', {
      letters: letters.reduce((sum, { count }) => sum + count, 0),
      done: await scene.oracle.effects(),
    });
    expect(letters).toEqual([
      { name: 'glob', reason: 'undecodable', count: 3 },
      { name: 'laned-glob', reason: 'undecodable', count: 2 },
      // The row with a broken payload was for it as well.
      { name: 'removed', reason: 'trigger_removed', count: 22 },
    ]);
    expect(await scene.oracle.effects()).toBe(42);
    expect(worker!.output).not.toMatch(/error/i);
  }, 90_000);
});
