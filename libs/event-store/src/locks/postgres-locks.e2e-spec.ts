import { eventually, freshDatabase, startProxy, type TestDatabase } from '@reflex/test';
import { Client } from 'pg';
import { lockKey } from './lock-key';
import { describeScopedLocks } from './locks-contract';
import { PostgresLocks } from './postgres-locks';

describe('locks in PostgreSQL', () => {
  let database: TestDatabase;
  let admin: Client;
  const open: PostgresLocks[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    admin = new Client({ connectionString: database.url });
    await admin.connect();
  });
  afterEach(() => Promise.all(open.splice(0).map((locks) => locks.close())));
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  /** Locks as another process has them. */
  function process(url = database.url, patienceMs?: number): PostgresLocks {
    const locks = new PostgresLocks(url, patienceMs);
    open.push(locks);
    return locks;
  }

  /** Work that holds until its lock is lost. */
  function untilLost(lost: AbortSignal): Promise<void> {
    return new Promise((resolve) => lost.addEventListener('abort', () => resolve(), { once: true }));
  }

  const sessions = async (): Promise<number> => {
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'reflex:locks' and datname = current_database()`,
    );
    return rows.length;
  };

  const advisoryLocks = async (): Promise<number> => {
    const { rows } = await admin.query<{ count: number }>(
      `select count(*)::int as count from pg_locks where locktype = 'advisory' and objsubid = 1
          and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows[0]!.count;
  };

  describeScopedLocks(() => process());

  it('lets 50 of five processes in one after the other, each process with one connection', async () => {
    const processes = Array.from({ length: 5 }, () => process());
    let inside = 0;
    let most = 0;
    let counter = 0;
    let connections = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      const seen = counter;
      if (seen === 25) connections = await sessions();
      await new Promise((resolve) => setImmediate(resolve));
      counter = seen + 1;
      inside -= 1;
    };

    await Promise.all(processes.flatMap((locks) => Array.from({ length: 10 }, () => locks.hold('user:1', work))));

    expect({ most, counter }).toEqual({ most: 1, counter: 50 });
    expect(connections).toBeLessThanOrEqual(5);
    expect(await advisoryLocks()).toBe(0);
  });

  it('is the lock that other programs can take by its key', async () => {
    const locks = process();

    await locks.hold('user:1', async () => {
      const { rows } = await admin.query<{ got: boolean }>('select pg_try_advisory_lock($1::bigint) as got', [
        lockKey('user:1'),
      ]);
      expect(rows).toEqual([{ got: false }]);
    });
  });

  it('tells the holder when its connection is killed, and lets others in', async () => {
    const [one, other] = [process(), process()];
    const entered = Promise.withResolvers<void>();
    const holding = one.hold('user:1', async (lost) => {
      entered.resolve();
      await untilLost(lost);
      return 'done';
    });
    const lost = holding.catch((error: unknown) => error);
    await entered.promise;

    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reflex:locks'`);

    expect(await other.hold('user:1', () => Promise.resolve('in'))).toBe('in');
    expect(await lost).toMatchObject({ code: 'lock_lost' });
    expect(await one.hold('user:1', () => Promise.resolve('again'))).toBe('again');
  });

  it('notices a connection that has died without a word', async () => {
    const proxy = await startProxy(Number(new URL(database.url).port));
    const locks = process(proxy.through(database.url), 500);
    const entered = Promise.withResolvers<void>();
    const holding = locks.hold('user:1', async (lost) => {
      entered.resolve();
      await untilLost(lost);
    });
    const lost = holding.catch((error: unknown) => error);
    await entered.promise;

    proxy.blackhole();

    expect(await lost).toMatchObject({ code: 'lock_lost' });
    await locks.close();
    await proxy.close();
    await eventually(async () => expect(await advisoryLocks()).toBe(0));
  });

  it('says so when the database is away, and holds nothing then', async () => {
    const proxy = await startProxy(Number(new URL(database.url).port));
    const url = proxy.through(database.url);
    await proxy.close();
    const locks = process(url);

    await expect(locks.hold('user:1', () => Promise.resolve())).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(locks.hold('user:1', () => Promise.resolve(), { wait: 0 })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });
});
