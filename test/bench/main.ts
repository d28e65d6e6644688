import { Client } from 'pg';
import { BenchContext } from './bench-context';
import { describeMachine } from './machine';
import { readOptions, USAGE, type BenchOptions } from './options';
import { writePerformancePage } from './performance-page';
import { printTable, type RowResult, saveResults } from './row-results';
import { ROWS } from './rows';
import type { Row } from './rows/row';
import { startPostgres, startRedis } from './servers';
import { StatementStatistics } from './statement-statistics';

async function main(): Promise<'interrupted' | void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return console.log(USAGE);
  const rows = chosenRows(options);

  const cleanup: (() => Promise<unknown>)[] = [];
  const cleanUp = async () => {
    for (const step of cleanup.splice(0).toReversed()) await step().catch((error: unknown) => console.error(error));
  };
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
  try {
    const postgres = await startPostgres(options.profile !== null);
    cleanup.push(() => postgres.stop());
    const redis = await startRedis();
    if (redis) cleanup.push(() => redis.stop());
    else console.error('\n*** redis-server is not installed: BullMQ IS SKIPPED. apt-get install redis-server ***\n');
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    cleanup.push(() => admin.end());

    const context = new BenchContext(options, admin, postgres.url, redis?.url ?? null);
    cleanup.push(() => context.closeSides());
    const statistics = options.profile ? new StatementStatistics(admin) : null;
    const results = await Promise.race([runRows(rows, context, statistics), interrupted]);
    if (results === 'interrupted') return results;
    if (options.saves) {
      await saveResults(
        results,
        await describeMachine(admin, redis?.version ?? null),
        ROWS.map(({ name }) => name),
      );
      await writePerformancePage();
    }
    printTable([...results.values()].flat());
  } finally {
    await cleanUp();
  }
}

function chosenRows({ rows: names }: BenchOptions): Row[] {
  const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new Error(`There is no row "${unknown}". Rows: ${ROWS.map(({ name }) => name).join(', ')}.`);
  }
  return names.length === 0 ? ROWS : ROWS.filter(({ name }) => names.includes(name));
}

async function runRows(
  rows: Row[],
  context: BenchContext,
  statistics: StatementStatistics | null,
): Promise<Map<string, RowResult[]>> {
  const results = new Map<string, RowResult[]>();
  for (const row of rows) {
    console.error(`${row.name}:`);
    await statistics?.begin();
    try {
      results.set(row.name, await row.run(context));
    } catch (error) {
      // The other rows still have something to tell.
      console.error(`${row.name} FAILED:`, error);
      process.exitCode = 1;
    } finally {
      await context.closeSides();
    }
    await statistics?.print();
  }
  return results;
}

main().then(
  // An interrupted row has nothing more to tell.
  (end) => end === 'interrupted' && process.exit(130),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
