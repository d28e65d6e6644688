import { explanationText, type Explanation } from '@reflex/core';
import { UnknownTrigger } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { count, orAfter } from '../conditions/condition';
import { dedupe } from '../filters/dedupe';
import { field, keyword, where } from '../filters/plain-filters';
import { rateLimit } from '../filters/rate-limit';
import { TriggerExplainer } from '../trigger-explainer.service';
import { TriggerRegistry } from '../trigger-registry';
import { type OpenStore, onStep, runs, step, type Workers, workersUnderTest } from './workers-under-test';

describe('explaining', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  /** Publishes the steps, one settled after the other, and explains each id. */
  async function serve(...triggers: Parameters<typeof workers.started>[0]) {
    const { store, worker } = await workers.started(triggers);
    const registry = new TriggerRegistry(workers.events);
    for (const trigger of triggers) registry.add(trigger);
    const explainer = new TriggerExplainer(store, workers.events, registry);
    return {
      store,
      worker,
      explainer,
      explain: async (trigger: string, id: string): Promise<Explanation> =>
        explainer.explain(trigger, (await store.find(id))!),
    };
  }
  async function publish(store: OpenStore, ...steps: ReturnType<typeof step>[]): Promise<string[]> {
    const before = (await runs(store)).length;
    const ids = (await store.publish(steps)).map(({ id }) => id);
    await eventually(async () => expect(await runs(store)).toHaveLength(before + steps.length));
    return ids;
  }

  it('shows which filter said no to which value, and what really happened', async () => {
    const { store, explain } = await serve(
      onStep({ name: 'picky', filter: keyword('a').and(field('n', 7)).and(keyword('z')), handle: () => 1 }),
    );
    const [id] = await publish(store, step(1));

    const explanation = await explain('picky', id!);

    expect(explanation).toMatchObject({
      trigger: 'picky',
      event: { id, type: 'step.done' },
      verdict: 'filtered',
      reason: 'field n: 1 is not 7',
      type: { pass: true, patterns: ['step.done'] },
      scope: null,
      condition: null,
      filter: {
        name: 'and',
        pass: false,
        children: [
          { name: 'keyword', pass: true },
          { name: 'field', args: ['n', 7], pass: false, saw: { value: 1 }, reason: 'field n: 1 is not 7' },
          { name: 'keyword', args: ['z'], pass: null },
        ],
      },
      happened: { status: 'completed', runs: [{ attempt: 1, outcome: 'filtered', reason: 'field n: 1 is not 7' }] },
      notes: [],
    });
    expect(explanationText(explanation)).toContain('no field n, 7 · field n: 1 is not 7 saw {"value":1}');
  });

  it('shows how far a condition is, without counting what is remembered twice, and changes nothing', async () => {
    const { store, explain } = await serve(
      onStep({ name: 'three', scope: 'lane', when: count(3).within('1h').orAfter('2h'), handle: () => 1 }),
    );
    const [first] = await publish(store, step(1), step(2), step(3, 'b'));

    const explanation = await explain('three', first!);
    const again = await explain('three', first!);

    expect(explanation).toMatchObject({
      verdict: 'accumulated',
      reason: '2 of 3 within 1h, less than 2h since the first',
      scope: 'a',
      context: { events: 2, last_action_at: null },
      filter: null,
      condition: {
        name: 'or',
        met: false,
        children: [
          { name: 'count', args: [3, '1h'], met: false, saw: { count: 2, of: 3 }, reason: '2 of 3 within 1h' },
          { name: 'orAfter', args: ['2h'], met: false, saw: { waiting: 2 } },
        ],
      },
      happened: { runs: [{ outcome: 'accumulated', reason: '1 of 3 within 1h, less than 2h since the first' }] },
    });
    expect(explanation.notes).toContain('The event is among those remembered already.');
    expect(again).toEqual(explanation);
    expect((await store.situation('three', (await store.find(first!))!)).context!.events).toHaveLength(2);
  });

  it('explains filters that remember on what they remember now, and leaves it as it is', async () => {
    const { store, explain } = await serve(
      onStep({ name: 'once', scope: 'lane', filter: dedupe('n', '1h').and(rateLimit(2, '1h')), handle: () => 1 }),
    );
    const [, twin, , third] = await publish(store, step(1), step(1), step(2), step(3));

    const limited = await explain('once', third!);
    const duplicate = await explain('once', twin!);
    const kept = (await store.situation('once', (await store.find(twin!))!)).context!.filters;
    await explain('once', twin!);

    expect(limited).toMatchObject({
      verdict: 'deferred',
      filter: {
        children: [
          { name: 'dedupe', pass: true },
          { name: 'rateLimit', pass: false, saw: { used: 2, of: 2 } },
        ],
      },
      happened: { status: 'pending', runs: [{ outcome: 'deferred' }] },
    });
    expect(duplicate).toMatchObject({
      verdict: 'filtered',
      filter: {
        children: [
          { name: 'dedupe', pass: false, saw: { key: '1', seen_at: expect.any(String) as string } },
          { pass: null },
        ],
      },
    });
    expect((await store.situation('once', (await store.find(twin!))!)).context!.filters).toEqual(kept);
  });

  it('says that the type does not match, that nothing was delivered, and that a trigger is paused or gone', async () => {
    const { store, explain, explainer } = await serve(onStep({ name: 'steps', handle: () => 1 }));
    const [id] = await publish(store, step(1));
    await store.registerTriggers([{ ...(await store.triggers())[0]!, name: 'others', types: ['order.*'] }]);
    await store.registerTriggers([{ ...(await store.triggers())[0]!, name: 'late', types: ['step.*'] }]);
    await store.setPaused('steps', true);
    await store.dataSource.query(`update reflex.triggers set active = false where name = 'late'`);

    expect(await explain('others', id!)).toMatchObject({
      verdict: 'wrong_type',
      reason: 'the type step.done does not match order.*',
      type: { pass: false, patterns: ['order.*'] },
    });
    await store.registerTriggers([{ ...(await store.triggers())[0]!, name: 'others', types: ['*'], match: { n: 2 } }]);
    expect(await explain('others', id!)).toMatchObject({
      verdict: 'wrong_type',
      reason: 'the event does not have the fields {"n":2}',
    });
    expect(await explain('steps', id!)).toMatchObject({
      verdict: 'paused',
      reason: 'The trigger is paused. Without that: The handler would run.',
      happened: { runs: [{ outcome: 'completed' }] },
    });
    expect(await explain('late', id!)).toMatchObject({
      verdict: 'inactive',
      happened: { status: null, runs: [] },
      notes: [expect.stringContaining('no trace of a delivery')],
    });
    await store.dataSource.query(`update reflex.triggers set active = true where name = 'late'`);
    expect(await explain('late', id!)).toMatchObject({ verdict: 'unknown' });
    await expect(explainer.explain('nobody', (await store.find(id!))!)).rejects.toThrow(UnknownTrigger);
  });

  it('says that a filter throws, and that an event cannot be read', async () => {
    const oops = where(() => {
      throw new Error('oops');
    }, 'mine');
    const { store, explain, explainer } = await serve(
      onStep({ name: 'broken', filter: oops, maxAttempts: 1, when: orAfter('1h'), handle: () => 1 }),
    );
    const [id] = await publish(store, step(1));
    const stored = (await store.find(id!))!;

    expect(await explain('broken', id!)).toMatchObject({
      verdict: 'fails',
      reason: 'Filter or condition throws: oops',
      filter: { name: 'where', pass: false, reason: 'it throws: oops' },
      condition: null,
      happened: { status: 'dead_letter', error: 'oops' },
    });
    expect(await explainer.explain('broken', { ...stored, payload: [] as never })).toMatchObject({
      verdict: 'fails',
      reason: expect.stringContaining('cannot be read') as string,
    });
  });
});
