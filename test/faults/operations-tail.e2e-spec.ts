import { setTimeout as delay } from 'node:timers/promises';
import { openPostgresStore } from '@reflex/event-store';
import { full, report } from './form';
import { Scene } from './scene';
import { WorkItem } from './work-events';

const WRITERS = full ? 32 : 16;
const SECONDS = full ? 60 : 5;
/** Longest time that a writer keeps its transaction open after it published. */
const HELD_MS = full ? 2_000 : 500;
/** A tailer reads again what is not older: longer than any transaction that publishes. */
const OVERLAP_MS = HELD_MS + 1_000;

describe('reading the log while it is written', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it(`27: ${WRITERS} writers commit up to ${HELD_MS} ms late; a tailer that reads again with an overlap misses none`, async () => {
    const store = await openPostgresStore({ url: scene.url, poolSize: WRITERS, notify: false });
    const written = new Set<string>();
    const end = new AbortController();
    const writers = Array.from({ length: WRITERS }, async (_, n) => {
      for (; !end.signal.aborted; await delay(Math.random() * 20)) {
        await store.dataSource.transaction(async (transaction) => {
          const [stored] = await store.publish(WorkItem.of({ n, act: 'nothing', source: 'test' }), { transaction });
          await delay(Math.random() * HELD_MS);
          written.add(stored!.id);
        });
      }
    });

    const tail = new Tail();
    const careless = new Tail();
    const until = performance.now() + SECONDS * 1_000;
    while (performance.now() < until) {
      await tail.read(scene.store, OVERLAP_MS);
      await careless.read(scene.store, 0);
      await delay(100);
    }
    end.abort();
    await Promise.all(writers);
    await tail.read(scene.store, OVERLAP_MS);
    await careless.read(scene.store, 0);
    await store.close();

    const missing = [...written].filter((id) => !tail.seen.has(id)).length;
    const missedWithout = [...written].filter((id) => !careless.seen.has(id)).length;
    const order = await everything(scene);
    const sorted = order.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
    report('27 tail', {
      written: written.size,
      missing,
      missedWithout,
      twice: order.length - new Set(order.map(({ id }) => id)).size,
    });
    expect(missing).toBe(0);
    expect(tail.seen.size).toBe(written.size);
    // What the overlap is for: without it, whoever commits late is passed by.
    expect(missedWithout).toBeGreaterThan(0);
    // One reading is in the order of receipt, each event once.
    expect(order.map(({ id }) => id)).toHaveLength(written.size);
    expect(order.map(({ receivedAt }) => receivedAt)).toEqual(sorted.map(({ receivedAt }) => receivedAt));
  }, 120_000);
});

/** Goes on from the newest event it saw, less the overlap; knows what it saw by its id. */
class Tail {
  readonly seen = new Set<string>();
  private newest = new Date(0);

  async read(store: Scene['store'], overlapMs: number): Promise<void> {
    for await (const { id, receivedAt } of store.read({ from: new Date(this.newest.getTime() - overlapMs) })) {
      this.seen.add(id);
      if (receivedAt > this.newest) this.newest = receivedAt;
    }
  }
}

async function everything(scene: Scene) {
  const read = [];
  for await (const event of scene.store.read({})) read.push(event);
  return read;
}
