import { causationTree, type CausationGraph } from '@reflex/core';
import type { Settlement } from '../../settlement';
import {
  settlement,
  storesUnderTest,
  ticket,
  trigger,
  worker,
  type Stores,
  type WorkerUnderTest,
} from './store-under-test';

/** Settles what is claimable until nothing is. */
async function workOff(
  { store, claim }: WorkerUnderTest,
  settle: (n: number, trigger: string) => Partial<Settlement>,
): Promise<void> {
  for (let runs = await claim(); runs.length > 0; runs = await claim()) {
    for (const delivery of runs.flat()) {
      const { outcome, ...rest } = settle(delivery.event!.payload['number'] as number, delivery.trigger);
      await store.settle(settlement(delivery, outcome, rest));
    }
  }
}

const lines = (graph: CausationGraph | null) =>
  causationTree(graph!)
    .split('\n')
    .map((line) => line.replaceAll(/ [0-9a-f]{8}-[0-9a-f-]{27}| · \d+(\.\d)? ms| · from \S+/g, ''));

describe('the causation graph', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('D37: hangs follow-ups on the run that published them, whichever trigger it was', async () => {
    const under = await worker(stores, [trigger('first'), trigger('second'), trigger('idle', { types: ['other'] })]);
    const call = { tool: 'refund', input: {}, output: 'ok', duration_ms: 3, reused: true };
    const usage = { model: 'm', input_tokens: 1, output_tokens: 2, tool_calls: [call] };
    const [published] = await under.store.publish(ticket(1));

    await workOff(under, (n, name) => {
      if (n === 1 && name === 'first')
        return { followUps: [ticket(2)], run: { startedAt: new Date(), durationMs: 1, usage } };
      if (n === 1) return { followUps: [ticket(3), ticket(4)] };
      return name === 'first'
        ? { outcome: 'filtered', run: { startedAt: new Date(), durationMs: 1, reason: 'no' } }
        : {};
    });

    const leaf = [
      '├─ trigger first · completed',
      '│  └─ run attempt 1 · filtered · no',
      '└─ trigger second · completed',
    ];
    const below = (indent: string) => [...leaf, '   └─ run attempt 1 · completed'].map((line) => indent + line);
    expect(lines(await under.store.graph(published!.id))).toEqual([
      'event ticket.opened <- asked for',
      '├─ trigger first · completed',
      '│  └─ run attempt 1 · completed · m, 1+2 tokens',
      '│     ├─ tool refund · reused',
      '│     └─ event ticket.opened',
      ...below('│        '),
      '└─ trigger second · completed',
      '   └─ run attempt 1 · completed',
      '      ├─ event ticket.opened',
      ...below('      │  '),
      '      └─ event ticket.opened',
      ...below('         '),
    ]);
  });

  it('shows the way from the first cause down to an event in the middle, and everything below it', async () => {
    const under = await worker(stores, [trigger('chain'), trigger('aside')]);
    await under.store.publish(ticket(1));
    await workOff(under, (n, name) => (name === 'chain' && n < 4 ? { followUps: [ticket(n + 1)] } : {}));
    const { items } = await under.store.search({ order: 'oldest' });

    const graph = await under.store.graph(items[2]!.id);

    expect(lines(graph)).toEqual([
      'event ticket.opened',
      '└─ trigger chain · completed',
      '   └─ run attempt 1 · completed',
      '      └─ event ticket.opened',
      '         └─ trigger chain · completed',
      '            └─ run attempt 1 · completed',
      '               └─ event ticket.opened <- asked for',
      '                  ├─ trigger aside · completed',
      '                  │  └─ run attempt 1 · completed',
      '                  └─ trigger chain · completed',
      '                     └─ run attempt 1 · completed',
      '                        └─ event ticket.opened',
      '                           ├─ trigger aside · completed',
      '                           │  └─ run attempt 1 · completed',
      '                           └─ trigger chain · completed',
      '                              └─ run attempt 1 · completed',
    ]);
    expect(graph!.nodes.find(({ id }) => id === graph!.focus)).toMatchObject({ event_id: items[2]!.id, depth: 2 });
    expect(graph!.cut).toBeNull();
  });

  it('tells open, failed and dead deliveries apart, with every attempt', async () => {
    const under = await worker(stores, [trigger('broken'), trigger('flaky'), trigger('late', { concurrency: 1 })]);
    const [published] = await under.store.publish(ticket(1));
    const deliveries = new Map((await under.claim()).flat().map((delivery) => [delivery.trigger, delivery]));
    await under.store.settle(settlement(deliveries.get('broken')!, 'dead_letter'));
    await under.store.settle(settlement(deliveries.get('flaky')!, 'failed', { retryInMs: 60_000 }));

    const graph = await under.store.graph(published!.id);

    expect(lines(graph)).toEqual([
      'event ticket.opened <- asked for',
      '├─ trigger broken · dead letter · boom',
      '│  └─ run attempt 1 · dead letter · boom',
      '├─ trigger flaky · failed · boom',
      '│  └─ run attempt 1 · failed · boom',
      '└─ trigger late · processing',
    ]);
  });

  it('is cut at its limits and says so', async () => {
    const under = await worker(stores, [trigger('chain')]);
    await under.store.publish(ticket(1));
    await workOff(under, (n) => (n < 6 ? { followUps: [ticket(n + 1)] } : {}));
    const { items } = await under.store.search({ order: 'oldest' });

    const shallow = await under.store.graph(items[0]!.id, { depth: 2, nodes: 500 });
    const small = await under.store.graph(items[0]!.id, { depth: 8, nodes: 5 });
    const high = await under.store.graph(items[5]!.id, { depth: 2, nodes: 500 });
    await under.store.dataSource.query('delete from reflex.events where id = $1', [items[0]!.id]);
    const orphan = await under.store.graph(items[1]!.id);

    expect(shallow!.nodes.filter(({ kind }) => kind === 'event')).toHaveLength(3);
    expect(shallow!.cut).toMatch(/^More than 2 generations follow/);
    expect(small!.nodes).toHaveLength(5);
    expect(small!.edges.every(({ to }) => small!.nodes.some(({ id }) => id === to))).toBe(true);
    expect(small!.cut).toMatch(/^Only the first 5 nodes/);
    expect(high!.cut).toBe(`More than 2 causes lead here. Ask for the graph of ${items[3]!.id} to see them.`);
    expect(orphan!.cut).toContain(`was caused by ${items[0]!.id}, which the log no longer holds`);
    expect(await under.store.graph('nobody')).toBeNull();
  });
});
