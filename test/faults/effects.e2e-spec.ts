import { calling, eventually, freshDatabase, startModelServer, startProcess, type ModelServer } from '@reflex/test';
import { Client } from 'pg';
import type { Failpoint } from './fixtures/failpoint';
import { openShop, ShopOrder, type ShopSetting } from './fixtures/shop';
import { full, report } from './form';
import { startOutside, type Outside } from './outside';

const ROUNDS = full ? 20 : 1;
const AT_ONCE = 4;
const LEASE_MS = 2_000;
type Tool = 'book' | 'pay';

/** The steps in the life of a delivery whose agent acts; each is crashed before and after. */
const STEPS: Record<
  string,
  { at: (tool: Tool) => Failpoint['at']; laned?: boolean; plain?: boolean; ofTool?: boolean }
> = {
  'claim commit': { at: () => ({ sql: String.raw`reflex\.claim\(` }) },
  'tool start row': { at: (tool) => ({ sql: 'reflex.start_effect', holding: `"name":"${tool}"` }), ofTool: true },
  'tool call': { at: (tool) => ({ tool }), ofTool: true },
  'tool result row': { at: (tool) => ({ sql: 'reflex.finish_effect', holding: `${tool}: 200` }), ofTool: true },
  'effect transaction': { at: () => ({ sql: 'insert into shop_done' }) },
  publish: { at: () => ({ sql: String.raw`reflex\.publish\(` }) },
  ack: { at: () => ({ sql: '^COMMIT$' }) },
  'lane promote': { at: () => ({ sql: String.raw`reflex\.settle\(` }), laned: true },
  'batch ack flush': { at: () => ({ sql: String.raw`reflex\.settle\(` }), plain: true },
};

interface Round {
  step: string;
  when: Failpoint['when'];
  tool: Tool;
  number: number;
}

/** Steps that have to do with a tool are crashed for each tool. */
function roundsOf(steps: string[], whens: Failpoint['when'][] = ['before', 'after']): Round[] {
  return Array.from({ length: ROUNDS }, (_, number) => number).flatMap((number) =>
    steps.flatMap((step) => {
      const tools: Tool[] = STEPS[step]!.ofTool ? ['book', 'pay'] : ['book'];
      return whens.flatMap((when) => tools.map((tool): Round => ({ step, when, tool, number })));
    }),
  );
}

interface Tally {
  crashes: number;
  orders: number;
  keyedAgain: number;
  asksPerson: number;
  wrong: string[];
}

const NOTHING: Omit<Tally, 'wrong'> = { crashes: 0, orders: 0, keyedAgain: 0, asksPerson: 0 };

describe('crashes around the effects of an agent', () => {
  let outside: Outside;
  let model: ModelServer;
  beforeEach(async () => {
    [outside, model] = await Promise.all([startOutside(0), startModelServer()]);
  });
  afterEach(() => Promise.all([outside.stop(), model.stop()]));

  /** Books, pays, and says that it is done. */
  function teachModel(requests: number): void {
    model.replies = [];
    for (let n = 0; n < requests; n += 1) {
      model.replies.push(({ messages }) => {
        const [, order] = /Serve order ([\w-]+)\./.exec(JSON.stringify(messages))!;
        const results = messages.filter(({ role }) => role === 'tool').length;
        return results < 2 ? calling([results === 0 ? 'book' : 'pay', { order }]) : { content: 'Done.' };
      });
    }
  }

  /** One process that dies at the point, then one that does not; and a person who looks outside. */
  async function play({ step, when, tool, number }: Round, tally: Tally): Promise<void> {
    const { at, laned = false, plain = false } = STEPS[step]!;
    const database = await freshDatabase();
    const setting: ShopSetting = {
      url: database.url,
      outsideUrl: outside.url,
      modelUrl: model.url,
      leaseMs: LEASE_MS,
      laned,
    };
    const looking = new Client({ connectionString: database.url });
    await looking.connect();
    const count = async (from: string): Promise<number> =>
      Number((await looking.query<{ count: string }>(`select count(*) from ${from}`)).rows[0]!.count);
    await looking.query('create table shop_done (order_id text)');
    const shop = await openShop(setting);
    try {
      await shop.worker.register();
      const orders = Array.from({ length: 3 }, (_, n) => `${step.replaceAll(' ', '-')}-${when}-${tool}-${number}-${n}`);
      await shop.store.publish(orders.map((order) => ShopOrder.of({ order, lane: 'a', plain, source: 'test' })));

      const failpoint: Failpoint = { at: at(tool), when };
      const env = { SHOP_WORKER: JSON.stringify({ ...setting, failpoint }) };
      const { signal } = await startProcess('test/faults/fixtures/shop-worker.ts', { env }).ended;
      await shop.worker.start();
      await eventually(
        async () => {
          // Not "+= await": other rounds count at the same time.
          const asked = await answerAsPerson(shop.store.effects);
          tally.asksPerson += asked;
          expect(await count(`reflex.runs where outcome = 'completed' and trigger_id = 1`)).toBe(orders.length);
        },
        { timeoutMs: 40_000 },
      );

      const wrong = (what: string): unknown => tally.wrong.push(`${when} ${step} (${tool}) ${number}: ${what}`);
      tally.crashes += Number(signal === 'SIGKILL');
      tally.orders += orders.length;
      if (signal !== 'SIGKILL') wrong('the process did not die');
      for (const order of orders) {
        for (const action of [`book-${order}`, `pay-${order}`]) {
          const times = outside.done.get(action)?.size ?? 0;
          if (times !== 1) wrong(`${action} happened ${times} times`);
        }
        tally.keyedAgain += outside.asked.get(`book-${order}`)! - 1;
      }
      const committed = plain ? 0 : orders.length;
      if ((await count('shop_done')) !== committed) wrong('not each order is written once');
      if ((await count(`reflex.events where type = 'shop.served'`)) !== committed) wrong('not each is published once');
      if ((await count('reflex.dead_letters')) + (await count('reflex.deliveries')) > 0) wrong('something is left');
    } finally {
      await shop.worker.stop();
      await shop.store.close();
      await looking.end();
      await database.drop();
    }
  }

  /** Looks outside what became of the calls that nobody knows the end of, and says so. */
  async function answerAsPerson(effects: Awaited<ReturnType<typeof openShop>>['store']['effects']): Promise<number> {
    const { items } = await effects.list({ status: 'unknown' });
    for (const { id, name, input } of items) {
      const { order } = input as { order: string };
      const outcome = outside.done.has(`${name}-${order}`) ? 'happened' : 'did_not_happen';
      await effects.resolve(id, { outcome, result: `${name}: 200`, why: 'Looked.', by: 'test' });
    }
    return items.length;
  }

  async function playAll(rounds: Round[]): Promise<Tally> {
    const tally: Tally = { ...NOTHING, wrong: [] };
    const left = [...rounds];
    // Three answers for each of three orders, and again what was asked for when the process died.
    teachModel(rounds.length * 3 * 3 * 2);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let round = left.shift(); round; round = left.shift()) await play(round, tally);
      }),
    );
    return tally;
  }

  it(
    `5: kill -9 before and after each of ${Object.keys(STEPS).length} steps, ${ROUNDS} times each: each effect once, none lost`,
    async () => {
      const rounds = roundsOf(Object.keys(STEPS));

      const { wrong, ...figures } = await playAll(rounds);

      const answersAgain = model.requests().length - figures.orders * 3;
      report('5 failpoints', { ...figures, answersAgain, wrong: wrong.length });
      expect(wrong).toEqual([]);
      expect(figures.crashes).toBe(rounds.length);
      // What was written down is not asked for again: a crash costs the answers that were on their way, no more.
      expect(answersAgain).toBeLessThanOrEqual(rounds.length * 3);
    },
    full ? 3_600_000 : 240_000,
  );

  it(
    '40: kill -9 between what a tool did and the row of its result: a keyed call comes again with the same key, an unkeyed one to a person',
    async () => {
      const rounds = roundsOf(['tool call'], ['after']);

      const { wrong, ...figures } = await playAll(rounds);

      report('40 between effect and row', { ...figures, wrong: wrong.length });
      expect(wrong).toEqual([]);
      // One of the three orders at least was caught in each.
      expect(figures.keyedAgain).toBeGreaterThanOrEqual(ROUNDS);
      expect(figures.asksPerson).toBeGreaterThanOrEqual(ROUNDS);
    },
    full ? 1_200_000 : 120_000,
  );
});
