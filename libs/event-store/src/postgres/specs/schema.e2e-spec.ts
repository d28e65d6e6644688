import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { DatabaseUnreachable, SchemaLocked, SchemaTooNew } from '../../errors';
import { connect, dataSourceOptions } from '../data-source';
import { MIGRATIONS } from '../migrations';
import { runMigrations } from '../open-postgres-store';
import { eventually } from '@reflex/test';
import { count, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

describe('the schema', () => {
  let stores: Stores;
  beforeEach(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.drop());

  it('is what the entities say', async () => {
    // Defaults are shown without their schema when it is the role's own: keep it out of the path.
    const url = new URL(stores.url);
    url.searchParams.set('options', '-c search_path=public');
    const store = await stores.store({ url: url.href });

    const drift = await store.dataSource.driver.createSchemaBuilder().log();

    expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('goes all the way down and up again', async () => {
    const dataSource = await connect(dataSourceOptions({ url: stores.url }));

    for (const _ of MIGRATIONS) await dataSource.undoLastMigration();
    const [left] = await dataSource.query(`select count(*)::int as n from pg_class c
      join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'reflex'`);
    const [functions] = await dataSource.query(`select count(*)::int as n from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'reflex'`);
    await dataSource.runMigrations();
    await dataSource.destroy();

    expect([left.n, functions.n]).toEqual([0, 0]);
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    expect(await claim()).toHaveLength(1);
  });

  it('is made once when replicas start together', async () => {
    const fresh = new DataSource(dataSourceOptions({ url: stores.url }));
    await fresh.initialize();
    for (const _ of MIGRATIONS) await fresh.undoLastMigration();
    await fresh.destroy();

    const together = await Promise.all(Array.from({ length: 4 }, () => stores.store()));

    expect(await count(together[0]!, 'public.reflex_migrations')).toBe(MIGRATIONS.length);
  });

  it('refuses to work on a schema that is newer than the code, and names what it does not know', async () => {
    const store = await stores.store();
    await store.dataSource.query(`insert into public.reflex_migrations (timestamp, name) values (9, 'Future9')`);

    const newer = stores.store();

    await expect(newer).rejects.toThrow(SchemaTooNew);
    await expect(newer).rejects.toThrow(/Future9/);
  });

  it('says in one sentence that the database cannot be reached, without the password', async () => {
    const unreachable = stores.store({ url: 'postgresql://me:secret@127.0.0.1:1/nowhere' });

    await expect(unreachable).rejects.toThrow(DatabaseUnreachable);
    await expect(unreachable).rejects.toThrow(/127\.0\.0\.1:1\/nowhere/);
    await expect(unreachable).rejects.not.toThrow(/secret/);
  });
});

describe('a migration on a busy database', () => {
  let stores: Stores;
  beforeEach(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.drop());

  it('gives up on locks that it does not get, says which migration it was, and has changed nothing', async () => {
    const store = await stores.store();
    const holder = store.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('lock table reflex.deliveries in access share mode');

    const locked = runMigrations(stores.url, { migrations: [AddNote1900000000000] }, 500);

    await expect(locked).rejects.toThrow(SchemaLocked);
    await expect(locked).rejects.toThrow(/AddNote1900000000000 did not get its locks in 1 s/);
    await holder.rollbackTransaction();
    await holder.release();
    await runMigrations(stores.url, { migrations: [AddNote1900000000000] });
    expect(await count(store, `public.reflex_migrations where name = 'AddNote1900000000000'`)).toBe(1);
  });
});

class AddNote1900000000000 implements MigrationInterface {
  name = 'AddNote1900000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reflex.deliveries add column note text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reflex.deliveries drop column note');
  }
}

describe('history', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('has partitions for a week ahead, made once', async () => {
    const store = await stores.store();

    const [first] = await store.dataSource.query('select reflex.make_partitions(9) as made');
    const [second] = await store.dataSource.query('select reflex.make_partitions(9) as made');
    await store.publish(ticket());

    expect([first.made, second.made]).toEqual([4, 0]);
    expect(await count(store, 'reflex.events_default')).toBe(0);
  });

  it('drops old days and keeps what live deliveries and dead letters need', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2)]);
    const [, second] = (await claim()).flat();
    await store.settle(settlement(second!, 'dead_letter'));
    await store.release([]);
    // As if all of this had happened 40 days ago.
    await store.dataSource.query(`
      create table reflex.events_20200101 (like reflex.events including all);
      insert into reflex.events_20200101 select seq, id, type, source, "timestamp", '2020-01-01 12:00+00', trace_id,
        correlation_id, causation_id, depth, payload from reflex.events;
      truncate reflex.events;
      alter table reflex.events attach partition reflex.events_20200101
        for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00');
      update reflex.deliveries set event_at = '2020-01-01 12:00+00', status = 'pending', worker_id = null, lease_token = null`);

    const steps = await store.dataSource.query<{ n: number }[]>(
      `select reflex.drop_partitions('events', 30, 100) as n from generate_series(1, 3)`,
    );

    // A copy of the event that somebody still waits for, the day, and nothing more.
    expect(steps.map(({ n }) => n)).toEqual([1, 1, 0]);
    expect(await count(store, 'reflex.events')).toBe(0);
    expect((await claim()).flat()).toMatchObject([{ event: { payload: { number: 1 } } }]);
    expect((await store.deadLetters.list({})).items).toMatchObject([{ event: { payload: { number: 2 } } }]);
  });

  it('makes the days after one that went to the default partition, and keeps that one no longer than others', async () => {
    const store = await stores.store();
    await store.registerTriggers([trigger('t')]);
    const tables = await store.dataSource.query<{ name: string }[]>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'reflex.events'::regclass and c.relname ~ '_[0-9]{8}$' order by 1`,
    );
    for (const { name } of tables) await store.dataSource.query(`drop table reflex."${name}"`);
    await store.publish([ticket(1), ticket(2)]);

    const [made] = await store.dataSource.query('select reflex.make_partitions(7) as n');
    const [waiting] = await store.dataSource.query(`select reflex.drop_partitions('events', -1, 100) as n`);
    await store.dataSource.query(`delete from reflex.deliveries`);
    const [dropped] = await store.dataSource.query(`select reflex.drop_partitions('events', -1, 100) as n`);

    // Today is in the default partition; the days after it are not.
    expect([made.n, waiting.n, dropped.n]).toEqual([7, 0, 2]);
  });

  it('forgets all keys that are too old, however many there are', async () => {
    const store = await stores.store();
    await store.dataSource.query(
      `insert into reflex.event_keys (key, event_id, body_hash, created_at)
       select 'key:' || n, n, '', now() - interval '8 days' from generate_series(1, 20001) n`,
    );

    await store.openLease();

    await eventually(async () => expect(await count(store, 'reflex.event_keys')).toBe(0));
  });
});
