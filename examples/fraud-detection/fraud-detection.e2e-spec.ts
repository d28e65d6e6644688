import { type ExampleBed, startExampleBed } from '../../test/examples/example-bed';

let bed: ExampleBed;

beforeEach(async () => {
  bed = await startExampleBed('fraud-detection');
});
afterEach(() => bed?.stop());

const order = (order_id: string, customer_id: string, amount: number, card_country = 'DE') => ({
  type: 'order.created',
  order_id,
  customer_id,
  amount,
  country: 'DE',
  card_country,
});

it('approves, holds and rejects by the score, an agent looking at what is unclear', async () => {
  const [created] = await bed.send(
    order('o-1', 'ann', 80),
    order('o-2', 'bob', 1_200),
    order('o-3', 'eve', 9_000, 'BR'),
  );

  const checks = await bed.events('order.fraud_check', 3);
  const [approved] = await bed.events('order.approved', 1);
  const [held] = await bed.events('order.held', 1);
  const [rejected] = await bed.events('order.rejected', 1);

  expect(Object.fromEntries(checks.map(({ order_id, score }) => [order_id, score]))).toEqual({
    'o-1': 0,
    'o-2': 30,
    'o-3': 80,
  });
  expect([approved.order_id, held.order_id, rejected.order_id]).toEqual(['o-1', 'o-2', 'o-3']);
  expect(rejected.reason).toBe('very large amount, card of BR, order from DE');
  const check = checks.find(({ order_id }) => order_id === 'o-1');
  expect(check.meta).toMatchObject({ causation_id: created, depth: 1 });
  expect(approved.meta).toMatchObject({ causation_id: check.id, correlation_id: check.meta.correlation_id, depth: 2 });
  const runs = await bed.runs('decide-order', 'completed', 3);
  expect(runs.filter(({ usage }) => usage?.model !== undefined)).toHaveLength(1);
});

it('scores the third order of a customer within ten minutes higher, and not that of others', async () => {
  await bed.send(...['1', '2', '3'].map((id) => order(id, 'ann', 10)), order('4', 'bob', 10));

  const checks = await bed.events('order.fraud_check', 4);

  expect(Object.fromEntries(checks.map(({ order_id, signals }) => [order_id, signals]))).toEqual({
    '1': [],
    '2': [],
    '3': ['order 3 within ten minutes'],
    '4': [],
  });
});

it('flags a customer at the second rejected order, and is careful with the next', async () => {
  await bed.send(order('1', 'eve', 9_000, 'BR'), order('2', 'eve', 9_000, 'BR'));
  const [flagged] = await bed.events('user.flagged', 1);
  expect(flagged).toMatchObject({ customer_id: 'eve', reason: 'orders_rejected', meta: { depth: 3 } });
  expect(flagged.order_ids).toEqual(['1', '2']);
  // Scored once each, and the flag taken in.
  await bed.runs('score-order', 'completed', 3);

  await bed.send(order('3', 'eve', 10));

  const checks = await bed.events('order.fraud_check', 3);
  expect(checks[2]).toMatchObject({
    order_id: '3',
    score: 80,
    signals: ['order 3 within ten minutes', 'flagged customer'],
  });
});
