import { freshDatabase } from '@reflex/test';
import { openStore, reflexOn, startApi, startReflex, UNREACHABLE } from './cli-under-test';

jest.setTimeout(180_000);

type Findings = { items: { name: string; status: string; message: string }[] };

const statuses = (output: string) =>
  Object.fromEntries((JSON.parse(output) as Findings).items.map(({ name, status }) => [name, status]));

it('finds a running service well, and says what is wrong with a sick database', async () => {
  const database = await freshDatabase();
  const api = await startApi(database);

  const well = await reflexOn(database, 'doctor', '--url', api.url, '--json');
  await api.process.kill();
  const store = await openStore(database);
  await store.dataSource.query(`delete from public.reflex_migrations where name ~ 'DeadLetters'`);
  await store.close();
  const sick = await reflexOn(database, 'doctor', '--url', api.url);
  await database.drop();

  expect(statuses(well.output)).toMatchObject({
    settings: 'ok',
    database: 'ok',
    clock: 'ok',
    listener: 'ok',
    migrations: 'ok',
    partitions: 'ok',
    workers: 'ok',
    queue: 'ok',
    stuck: 'ok',
    'dead letters': 'ok',
    service: 'ok',
  });
  expect(well.output).toMatch(/PostgreSQL \d+\.\d+ .*answers\./);
  expect(well.code).toBe(0);
  expect(sick.output).toMatch(/^fail +migrations +1 are missing\. Run "npx reflex migrate"\.$/m);
  expect(sick.output).toMatch(/^warn +service +.*does not answer \(ECONNREFUSED\)/m);
  expect(sick.code).toBe(1);
});

it('fails when the database does not answer', async () => {
  const child = startReflex(UNREACHABLE, ['doctor']);

  expect((await child.ended).code).toBe(1);
  expect(child.output).toMatch(/^fail +database +Cannot be reached \(ECONNREFUSED\)/m);
});
