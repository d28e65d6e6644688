import { type ExampleBed, startExampleBed } from '../../test/examples/example-bed';

let bed: ExampleBed;

beforeEach(async () => {
  bed = await startExampleBed('log-anomaly');
});
afterEach(() => bed?.stop());

const line = (service: string, message: string, level = 'error') => ({ type: 'log.entry', service, level, message });

it('finds five failures of one service within a minute, their cause, and sums up after a while', async () => {
  const ids = await bed.send(
    line('search', 'Slow', 'warn'),
    ...[1, 2, 3, 4].map((nr) => line('checkout', `Connection ${nr} to "payments" refused`)),
    line('search', 'Index broken'),
    line('checkout', 'Payment 7 failed'),
  );

  const [anomaly] = await bed.events('log.anomaly', 1);
  const [cause] = await bed.events('log.root_cause', 1);
  const [summary] = await bed.events('log.summary', 1);

  expect(anomaly).toMatchObject({
    service: 'checkout',
    pattern: 'Connection <n> to <text> refused',
    count: 4,
    meta: { causation_id: ids[6], depth: 1 },
  });
  expect(cause).toMatchObject({ service: 'checkout', meta: { causation_id: anomaly.id, depth: 2 } });
  expect(summary.services).toEqual(['checkout']);
  expect(Date.parse(summary.timestamp) - Date.parse(cause.timestamp)).toBeGreaterThan(4_500);
  const [explained] = await bed.runs('explain-anomaly', 'completed', 1);
  expect(explained.usage.tool_calls).toMatchObject([{ tool: 'log_lines' }]);
  expect(explained.usage.tool_calls[0].output).toContain('Index broken');
  await bed.runs('detect-anomaly', 'filtered', 1);
});

it('sums up at the third cause, without waiting', async () => {
  const services = ['checkout', 'search', 'mail'];
  for (const service of services) {
    await bed.send(...Array.from({ length: 5 }, (_, nr) => line(service, `Request ${nr} failed`)));
  }

  const [summary] = await bed.events('log.summary', 1);
  const causes = await bed.events('log.root_cause', 3);

  expect(new Set(summary.services)).toEqual(new Set(services));
  expect(summary.meta).toMatchObject({ causation_id: causes[2].id, depth: 3 });
});
