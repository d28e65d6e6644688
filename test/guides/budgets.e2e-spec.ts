import { execFile } from 'node:child_process';
import { eventually, freshDatabase, startModelServer, type ModelServer, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { reflexOn } from '../../apps/cli/src/specs/cli-under-test';
import { DeskModule } from './budgets.module';
import { guide } from './guide';
import { itWithTools } from './shell-tools';

jest.setTimeout(120_000);

const [settings, overHttp, onCommandLine, stats] = guide('guides/budgets.md').blocks('sh') as [
  string,
  string,
  string,
  string,
];

describe('the guide to budgets', () => {
  let database: TestDatabase;
  let model: ModelServer;
  let service: Service;

  beforeAll(async () => {
    [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
    const read = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      OPENAI_BASE_URL: model.url,
    });
    service = await startService(read, { domain: [{ module: DeskModule }] });
  });
  afterAll(async () => {
    await service?.stop();
    await model.stop();
    await database.drop();
  });

  it('has settings that are read', () => {
    const texts = Object.fromEntries(
      [...settings.matchAll(/^(\w+)='?([^'\n]+)'?$/gm)].map(([, name, text]) => [name, text]),
    );

    expect(readSettings(texts)).toMatchObject({
      budgetUsdPerDay: 50,
      budgetUsdPerScope: 2,
      modelPrices: { 'ollama:*': { input: 0 }, 'groq:llama-3.3-70b-versatile': { output: 0.79 } },
    });
  });

  itWithTools('has commands that show what is used up, raise it, and let runs go on', async () => {
    // 0.225 dollars of gpt-4o-mini.
    const dear = { content: 'Yes.', usage: { prompt_tokens: 1_500_000, completion_tokens: 0 } };
    model.replies.push(dear, dear, dear);
    const send = async (source: string) => {
      await fetch(`${service.url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'http', source, payload: {} }),
      });
    };
    const completed = (count: number) =>
      eventually(async () => expect((await get('/runs?outcome=completed')).items).toHaveLength(count), {
        timeoutMs: 20_000,
      });
    await send('ann');
    await completed(1);
    await send('ann');
    const [first, ...rest] = await eventually(async () => {
      const { items } = await get('/budgets?status=exhausted');
      expect(items).toMatchObject([{ level: 'scope', key: 'ann', waiting: 1 }]);
      return items as { id: string }[];
    });

    const [listed, raised] = overHttp.split(/(?=curl -sf)/);
    expect(await run(listed!)).toBe(`${first!.id}\tsupport\tscope\tusd\t0.225\t1\n`);
    expect(await run(raised!.replace('/7/', `/${first!.id}/`))).toBe('5\n');
    await completed(2);
    expect(rest).toEqual([]);

    await send('ann');
    await completed(3);
    await send('bob');
    const ofDay = await eventually(async () => {
      const { items } = await get('/budgets?status=exhausted');
      expect(items).toMatchObject([{ level: 'day', agent: 'support', waiting: 1 }]);
      return items[0] as { id: string };
    });
    const [list, raise] = onCommandLine.trim().split('\n') as [string, string];
    expect(await reflex(list)).toMatch(new RegExp(`^${ofDay.id} +support +day `, 'm'));
    model.replies.push(dear);
    expect(await reflex(raise.replace(' 7 ', ` ${ofDay.id} `))).toContain('It is 5.5 usd now');
    await completed(4);

    const [asked, onTerminal] = stats.split(/(?=npx)/) as [string, string];
    expect(await run(asked)).toMatch(/^support\t4\t0\t0\.9\t[\d.]+\n$/);
    expect(await reflex(onTerminal)).toMatch(/^desk +4 +0 +6000000 +0 +0\.9000/m);
  });

  function run(commands: string): Promise<string> {
    const script = commands.replaceAll('localhost:8000', service.url.replace('http://', ''));
    return new Promise((resolve, reject) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], (error, stdout, stderr) =>
        error ? reject(new Error(`${script}\n${stdout}${stderr}`)) : resolve(stdout),
      );
    });
  }

  async function reflex(line: string): Promise<string> {
    const words = [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    const { code, output } = await reflexOn(database, ...words.slice(2));
    expect([code, output]).toEqual([0, expect.any(String)]);
    return output;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape are looked into
  async function get(path: string): Promise<any> {
    return (await fetch(`${service.url}${path}`)).json();
  }
});
