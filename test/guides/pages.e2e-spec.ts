import { execFile } from 'node:child_process';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { DataSource } from 'typeorm';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { CoffeeModule } from './coffee.module';
import { guide } from './guide';
import { Notes1800000000000, ShopModule, StockTools } from './shop.module';
import { itWithTools } from './shell-tools';

interface Item {
  outcome: string;
  type: string;
  result: unknown;
}

describe('the pages that every reader begins with', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await freshDatabase();
    const settings = readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' });
    service = await startService(settings, { domain: [{ module: CoffeeModule }, { module: ShopModule }] });
  });
  beforeAll(async () => {
    const runner = service.app.get(DataSource).createQueryRunner();
    await new Notes1800000000000().up(runner);
    await runner.release();
  });

  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  itWithTools('getting started has a trigger that acts at the third low cup', async () => {
    const [, send, look, brew, ask] = guide('getting-started.md').blocks('sh');

    expect(JSON.parse(await run(send!))).toEqual({ id: expect.any(String), status: 'published' });
    expect(await run(look!)).toContain('Hello, Reflex!');
    await run(brew!);
    await eventually(async () => expect(await outcomes('refill')).toContain('completed'));
    expect(await outcomes('refill')).toEqual(['completed', 'accumulated', 'accumulated']);
    const [order] = (await get('/events?type=beans.ordered')).items;
    expect(order).toMatchObject({ machine: 'K2', source: 'internal:coffee' });
    await eventually(async () => expect(await run(ask!)).toContain('where: is low says no'));
  });

  itWithTools('extending has a route whose order an agent answers', async () => {
    const [order, look] = guide('extending.md').blocks('sh')[0]!.trim().split('\n');

    const { id } = JSON.parse(await run(order!)) as { id: string };
    await eventually(async () => expect(await outcomes('answer-order')).toEqual(['completed']));

    expect(JSON.parse(await run(look!))).toMatchObject({
      items: [{ event_id: id, result: { note: expect.any(String), complete: expect.any(Boolean) } }],
    });
    expect((await get('/events?type=order.answered')).items).toHaveLength(1);
    expect(await service.app.get(DataSource).query('select customer from notes')).toEqual([{ customer: 'ann' }]);
    expect(service.app.get(StockTools, { strict: false }).reserved.size).toBe(1);
  });

  it('operations has queries that the database takes', async () => {
    const [sql] = guide('operations.md').blocks('sql');
    const [look, end] = sql!.split(/^--.*$/m);
    const source = service.app.get(DataSource);

    expect(await source.query(look!)).toContainEqual(expect.objectContaining({ usename: expect.any(String) }));
    expect(await source.query(end!.replace('<pid>', '0'))).toEqual([{ pg_terminate_backend: false }]);
  });

  /** What the commands print; throws when one of them fails. */
  function run(commands: string): Promise<string> {
    const script = commands.replaceAll('localhost:8000', service.url.replace('http://', ''));
    return new Promise((resolve, reject) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], (error, stdout, stderr) =>
        error ? reject(new Error(`${script}\n${stdout}${stderr}`)) : resolve(stdout),
      );
    });
  }

  async function get(path: string): Promise<{ items: Item[] }> {
    return (await (await fetch(`${service.url}${path}`)).json()) as { items: Item[] };
  }

  async function outcomes(trigger: string): Promise<string[]> {
    return (await get(`/runs?trigger=${trigger}`)).items.map(({ outcome }) => outcome);
  }
});
