import fc from 'fast-check';
import { type DeliveryModel, MODEL_TRIGGERS, type ModelDelivery, type Outcome } from './delivery-model';
import { type StoreFunctions, WORKERS } from './store-functions';

export type Step =
  | { do: 'publish'; scopes: string[] }
  | { do: 'claim'; worker: number; triggers: string[]; slots: number; suspects: number; runLength: number }
  | { do: 'settle'; endings: { pick: number; outcome: Outcome }[] }
  | { do: 'settle_late'; pick: number; outcome: Outcome }
  | { do: 'die'; worker: number }
  | { do: 'rescue'; most: number }
  | { do: 'due'; picks: number[]; most: number }
  | { do: 'redrive'; picks: number[] }
  | { do: 'replay'; picks: number[] };

const outcome = fc.constantFrom<Outcome>('completed', 'failed', 'dead_letter', 'deferred', 'parked', 'released');
const picks = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 });
const worker = fc.nat(WORKERS - 1);
const names = MODEL_TRIGGERS.map(({ name }) => name);

const publish = fc.record({
  do: fc.constant('publish' as const),
  scopes: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }),
});
const claim = fc.record({
  do: fc.constant('claim' as const),
  worker,
  triggers: fc.oneof(fc.constant(names), fc.subarray(names, { minLength: 1 })),
  slots: fc.integer({ min: 1, max: 3 }),
  suspects: fc.nat(1),
  runLength: fc.integer({ min: 1, max: 4 }),
});
const settle = fc.record({
  do: fc.constant('settle' as const),
  endings: fc.array(fc.record({ pick: fc.nat(50), outcome }), { minLength: 1, maxLength: 4 }),
});
const rest = fc.oneof(
  fc.record({ do: fc.constant('settle_late' as const), pick: fc.nat(50), outcome }),
  fc.record({ do: fc.constant('die' as const), worker }),
  fc.record({ do: fc.constant('rescue' as const), most: fc.constantFrom(1, 2, 3, 1_000) }),
  fc.record({ do: fc.constant('due' as const), picks, most: fc.constantFrom(1, 2, 1_000) }),
  fc.record({ do: fc.constant('redrive' as const), picks }),
  fc.record({ do: fc.constant('replay' as const), picks }),
);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: publish },
  { weight: 4, arbitrary: claim },
  { weight: 4, arbitrary: settle },
  { weight: 6, arbitrary: rest },
);

/** The processes that beat no more, by the id of their row. */
export type DeadWorkers = Set<number>;

/** Does the same to the model and to the store, and compares what they answer. */
export async function take(step: Step, model: DeliveryModel, store: StoreFunctions, dead: DeadWorkers): Promise<void> {
  switch (step.do) {
    case 'publish':
      return model.publish(await store.publish(step.scopes));
    case 'claim':
      return claimBoth(step, model, store);
    case 'settle': {
      const chosen = step.endings.map(({ pick, outcome }) => ({ delivery: held(model, pick), outcome }));
      return settleBoth(distinct(chosen), model, store);
    }
    case 'settle_late': {
      const delivery = model.stale[step.pick % model.stale.length];
      return settleBoth(delivery ? [{ delivery, outcome: step.outcome }] : [], model, store);
    }
    case 'die':
      dead.add(store.workerId(step.worker));
      return store.die(step.worker);
    case 'rescue':
      await store.rescue(step.most);
      return model.rescue([...dead], step.most);
    case 'due': {
      const chosen = pickFrom(model.delayed(), step.picks);
      await store.elapse(chosen);
      // What came due at an earlier step and found no place in its batch is still due.
      const waiting = model.elapsed.filter((d) => !chosen.includes(d) && model.delayed().includes(d));
      model.elapsed = [...waiting, ...chosen];
      const promoted = model.elapsed.splice(0, step.most);
      expect(await store.promoteDue(step.most)).toBe(promoted.length);
      return model.due(promoted);
    }
    case 'redrive': {
      const letters = pickFrom(model.dead, step.picks);
      // Two letters of one delivery go together: they are named by what they are about.
      const all = model.dead.filter((d) => letters.some(({ seq, trigger }) => d.seq === seq && d.trigger === trigger));
      model.dead = model.dead.filter((letter) => !all.includes(letter));
      const made = await store.redrive(letters);
      return expect(made).toBe(model.revive(all));
    }
    case 'replay': {
      const done = pickFrom(model.done, step.picks);
      const made = await store.replay(done);
      return expect(made).toBe(model.revive(done));
    }
  }
}

/** Until nothing lives: all that was lost is taken back, all that waits is due, all that is claimed is completed. */
export async function drain(model: DeliveryModel, store: StoreFunctions, dead: DeadWorkers): Promise<void> {
  for (let round = 0; model.live.length > 0; round += 1) {
    if (round > 200) throw new Error(`${model.live.length} deliveries do not come to an end.`);
    await take({ do: 'rescue', most: 1_000 }, model, store, dead);
    await take({ do: 'due', picks: model.delayed().map((_, index) => index), most: 1_000 }, model, store, dead);
    await take({ do: 'claim', worker: 0, triggers: names, slots: 10, suspects: 1, runLength: 16 }, model, store, dead);
    const endings = model.live.filter(({ status }) => status === 'processing');
    await settleBoth(
      endings.map((delivery) => ({ delivery: { ...delivery }, outcome: 'completed' })),
      model,
      store,
    );
  }
}

async function claimBoth(step: Step & { do: 'claim' }, model: DeliveryModel, store: StoreFunctions): Promise<void> {
  const { worker, triggers, slots, suspects, runLength } = step;
  const expected = model.claimable(triggers, slots, suspects, runLength);
  const claimed = await store.claim(worker, triggers, slots, suspects, runLength);
  expect(claimed.map(named).toSorted()).toEqual(expected.map(named).toSorted());
  for (const { token } of claimed) expect(token).toBeGreaterThan(model.newestToken);
  model.claimed(expected, store.workerId(worker), claimed[0]?.token ?? 0);
}

async function settleBoth(
  endings: { delivery: ModelDelivery; outcome: Outcome }[],
  model: DeliveryModel,
  store: StoreFunctions,
): Promise<void> {
  if (endings.length === 0) return;
  const stale = await store.settle(endings);
  const refused = endings.filter(({ delivery, outcome }) => !model.settle({ ...delivery }, outcome));
  model.promote();
  expect(stale.toSorted()).toEqual(refused.map(({ delivery }) => named(delivery)).toSorted());
}

function held(model: DeliveryModel, pick: number): ModelDelivery | undefined {
  const processing = model.live.filter(({ status }) => status === 'processing');
  return processing[pick % processing.length];
}

function distinct<T extends { delivery: ModelDelivery | undefined }>(chosen: T[]): (T & { delivery: ModelDelivery })[] {
  const seen = new Set<ModelDelivery>();
  const isNew = (each: T): each is T & { delivery: ModelDelivery } => {
    const { delivery } = each;
    if (!delivery || seen.has(delivery)) return false;
    seen.add(delivery);
    return true;
  };
  return chosen.filter(isNew);
}

function pickFrom<T>(list: readonly T[], picks: number[]): T[] {
  return list.length === 0 ? [] : [...new Set(picks.map((pick) => list[pick % list.length]!))];
}

function named({ seq, trigger }: { seq: number; trigger: string }): string {
  return `${seq}/${trigger}`;
}
