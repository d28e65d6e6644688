import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { guide } from './guide';
import { InvoicesModule } from './invoices.module';
import { itWithTools } from './shell-tools';

const { blocks } = guide('guides/dead-letters.md');

describe('the guide to dead letters', () => {
  let database: TestDatabase;
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reflex-guide-'));
    database = await freshDatabase();
    const settings = readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' });
    service = await startService(settings, { domain: [{ module: InvoicesModule }] });
  });

  afterAll(async () => {
    await service?.stop();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('shows the module that this test runs', async () => {
    const [code] = blocks('ts');

    expect(code).toBe(await readFile(join(__dirname, 'invoices.module.ts'), 'utf8'));
  });

  itWithTools(
    'has commands that do what it says',
    async () => {
      const [send, look, correct, many, clear, explain, graph] = blocks('sh');
      const [explained, drawn] = blocks('text');

      await run(send!);
      await eventually(() => run(look!));
      await run(correct!);
      await eventually(() => settled('charged', 1));
      await run(many!);
      await eventually(async () =>
        expect((await get('/operations')).items[0]).toMatchObject({ status: 'stopped', failed: 1 }),
      );
      expect(await run(clear!)).toMatch(/^1\ntrue\n$/);

      const event = (await run(`${explain!.split('\n').slice(0, 2).join('\n')}\necho $event`)).trim();
      await eventually(() => settled('satisfy', 1));
      const text = await run(`event=${event}\n${explain!.split('\n')[2]}`);
      expect(normal(text)).toBe(explained);
      const [tree, chart] = (await run(`event=${event}\n${graph!}`)).split(/(?=flowchart)/);
      expect(normal(tree!)).toBe(drawn);
      expect(chart).toMatch(/^flowchart TD\n {2}n0/);
    },
    60_000,
  );

  /** What the commands print; throws when one of them fails. */
  function run(commands: string): Promise<string> {
    const script = commands.replaceAll('localhost:8000', service.url.replace('http://', ''));
    return new Promise((resolve, reject) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder }, (error, stdout, stderr) =>
        error ? reject(new Error(`${script}\n${stdout}${stderr}`)) : resolve(stdout),
      );
    });
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape are looked into
  async function get(path: string): Promise<any> {
    return (await fetch(`${service.url}${path}`)).json();
  }

  async function settled(words: string, count: number): Promise<void> {
    const { items } = (await get('/runs?trigger=charge')) as { items: object[] };
    expect(items.filter((item) => JSON.stringify(item).includes(words))).toHaveLength(count);
  }

  function normal(text: string): string {
    return text
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'EVENT')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/\d+(\.\d)? ms/g, 'MS');
  }
});
