import { storesUnderTest, ticket, trigger, worker, type OpenStore, type Stores } from './store-under-test';

/** Tables that grow with work or history: nothing the store does again and again may scan them. */
const GROWING = [
  'deliveries',
  'lanes',
  'context_events',
  'contexts',
  'event_keys',
  'wakes',
  'run_streams',
  'run_frames',
];

async function sequentialScans(store: OpenStore): Promise<Record<string, number>> {
  // Counters of this session reach the statistics when it is idle; asked for, at once.
  await store.dataSource.query('select pg_stat_force_next_flush()');
  const rows = await store.dataSource.query<{ relname: string; scans: number }[]>(
    `select relname, seq_scan::int as scans from pg_stat_user_tables
      where schemaname = 'reflex' and (relname = any ($1) or relname ~ ('^(events|runs)_' || to_char(now() at time zone 'utc', 'YYYYMMDD')))`,
    [GROWING],
  );
  return Object.fromEntries(rows.map(({ relname, scans }) => [relname, scans]));
}

describe('query plans', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterAll(() => stores.drop());

  it.each(['absent', 'fresh', 'stale'])(
    '22: use no sequential scan on a growing table with %s statistics',
    async (kind) => {
      await stores.reset();
      const { store, triggers } = await worker(
        stores,
        [trigger('flat'), trigger('laned', { scope: ['customer'], stateful: true })],
        {
          poolSize: 1,
          leaseMs: 3_600_000,
        },
      );
      const fill = (from: number): Promise<unknown> =>
        store.publish(Array.from({ length: 3_000 }, (_, index) => ticket(from + index, `c${index % 50}`)));
      await store.dataSource.query('alter table reflex.deliveries set (autovacuum_enabled = off)');
      await fill(0);
      if (kind !== 'absent')
        await store.dataSource.query('analyze reflex.deliveries, reflex.lanes, reflex.events, reflex.runs');
      if (kind === 'stale') for (let batch = 1; batch < 4; batch += 1) await fill(batch * 3_000);
      const before = await sequentialScans(store);

      for (let round = 0; round < 8; round += 1) {
        await store.publish(Object.assign(ticket(round, 'c1'), { id: `keyed ${kind} ${round}` }));
        await store.backlog({ perTrigger: 1_000, perSource: 1_000 });
        const { runs } = await store.claim(triggers.map(({ id }) => ({ triggerId: id, slots: 5 })));
        const run = { startedAt: new Date(), durationMs: 1 };
        const stream = store.streams.open(runs[0]![0]!);
        stream.tell({ type: 'token', agent: 'a', turn: 1, text: 'x' });
        await stream.end();
        const context = { append: true, scratch: {}, filters: {}, wakeInMs: 0 };
        await Promise.all(
          runs.flatMap((deliveries) =>
            deliveries.map((delivery, index) =>
              store.settle({
                delivery,
                outcome: index === 0 ? (round % 2 ? 'failed' : 'parked') : 'completed',
                waitsFor: `round ${round}`,
                retryInMs: 0,
                run,
                context: delivery.scope === null ? undefined : context,
              }),
            ),
          ),
        );
        await store.wake([{ waitsFor: `round ${round}` }, runs[0]![0]!]);
        await store.dataSource.query('select reflex.wake_parked(100)');
        await store.dataSource.query('select reflex.promote_due(100), reflex.wake_contexts(100)');
        await store.dataSource.query('select reflex.rescue(20000, 100, 3)');
        await store.dataSource.query('select reflex.forget_streams(0, 100)');
        const page = await store.search({ types: ['ticket.opened'], limit: 5 });
        await store.search({ sources: ['test'], limit: 5, cursor: page.nextCursor ?? undefined });
      }

      expect(await sequentialScans(store)).toEqual(before);
    },
  );
});
