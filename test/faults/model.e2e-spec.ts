import { freshDatabase, type TestDatabase } from '@reflex/test';
import fc from 'fast-check';
import { DeliveryModel, MODEL_TRIGGERS } from './model/delivery-model';
import { drain, step, take } from './model/steps';
import { StoreFunctions } from './model/store-functions';
import { full, report } from './form';

const RUNS = full ? 400 : 40;
/** Looking for a smaller counterexample ends here. */
const LIMIT_MS = full ? 1_100_000 : 60_000;

describe('claim, settle, rescue, promote, redrive and replay', () => {
  let database: TestDatabase;
  let store: StoreFunctions;
  beforeAll(async () => {
    database = await freshDatabase();
    store = await StoreFunctions.open(database.url);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it(
    'model: do what the model does, step by step, and lose nothing',
    async () => {
      let steps = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (path) => {
          const model = new DeliveryModel();
          const dead = new Set<number>();
          await store.reset();
          for (const each of path) {
            steps += 1;
            await take(each, model, store, dead);
            await compare(model, store);
          }
          await drain(model, store, dead);
          await compare(model, store);
          const ended = new Set([...model.done, ...model.dead].map(({ seq, trigger }) => `${seq}/${trigger}`));
          expect(ended.size).toBe(model.published * MODEL_TRIGGERS.length);
        }),
        { numRuns: RUNS, seed: Number(process.env['SEED'] ?? 20_251_120), interruptAfterTimeLimit: LIMIT_MS },
      );
      report('model', { steps, paths: RUNS });
    },
    LIMIT_MS + 60_000,
  );
});

/** Everything that the model knows must stand in the tables, and nothing else. */
async function compare(model: DeliveryModel, store: StoreFunctions): Promise<void> {
  const byKey = (a: { seq: number; trigger: string }, b: { seq: number; trigger: string }) =>
    a.seq - b.seq || a.trigger.localeCompare(b.trigger);
  expect((await store.deliveries()).toSorted(byKey)).toEqual(model.live.toSorted(byKey));
  const lane = ({ trigger, scope, live }: { trigger: string; scope: string; live: number }) =>
    `${trigger}/${scope}: ${live}`;
  expect((await store.lanes()).map(lane).toSorted()).toEqual(model.lanes().map(lane).toSorted());
  const letters = model.dead.map(({ seq, trigger }) => `${seq}/${trigger}`);
  expect((await store.deadLetters()).toSorted()).toEqual(letters.toSorted());
  expect(await store.runs()).toEqual(Object.fromEntries(model.runs));
}
