import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { startTestService } from '../testing/test-service';
import { LifecycleReporter } from './lifecycle-reporter';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

interface LifecycleJson {
  action: string;
  source: string;
  details: string;
}

it('D34: publishes that it started, erred and stopped, and triggers see it', async () => {
  const service = await startTestService(database);
  await service.app.get(LifecycleReporter).error(new Error('Something broke'));
  await eventually(async () => {
    const { items } = (await service.get('/runs?trigger=watch')).body;
    expect((items as { result: string }[]).map(({ result }) => result).sort()).toEqual(['error', 'started']);
  });
  await service.stop();

  const next = await startTestService(database, { ROLE: 'api' });
  const { items } = (await next.get('/events?type=lifecycle&order=oldest')).body;
  await next.stop();

  const events = items as LifecycleJson[];
  expect(events.map(({ action }) => action)).toEqual(['started', 'error', 'stopped', 'started']);
  expect(events.every(({ source }) => source === 'lifecycle:api')).toBe(true);
  expect(events[1]!.details).toBe('Error: Something broke');
});

it('publishes few errors of many, so that a trigger that fails on them makes no loop', async () => {
  const service = await startTestService(database);
  const before = await errorsOf(service);

  const reporter = service.app.get(LifecycleReporter);
  for (let index = 0; index < 100; index += 1) await reporter.error(new Error(`number ${index}`));

  expect((await errorsOf(service)) - before).toBe(10);
  await service.stop();
});

async function errorsOf(service: Awaited<ReturnType<typeof startTestService>>): Promise<number> {
  const { items } = (await service.get('/events?type=lifecycle&limit=1000')).body;
  return (items as LifecycleJson[]).filter(({ action }) => action === 'error').length;
}
