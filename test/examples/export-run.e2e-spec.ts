import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExampleBed, startExampleBed } from './example-bed';

jest.setTimeout(180_000);

const ROOT = join(__dirname, '..', '..');
const COPIED = ['libs', 'test/support', 'examples', 'tsconfig.json', 'package.json', 'jest.config.js', '.prettierrc'];
/** Whatever wants to connect fails, so that a spec that passes needs no network. */
const NO_NETWORK = "require('node:net').Socket.prototype.connect = () => { throw new Error('There is no network.'); };";

let project: string;

/** A copy of the project, which a test may change. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'reflex-export-'));
  for (const path of COPIED) cpSync(join(ROOT, path), join(project, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'no-network.cjs'), NO_NETWORK);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  output: string;
}

async function node(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd: project, env: { PATH: process.env.PATH, CI: 'true', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

function reflex(bed: ExampleBed, ...args: string[]): Promise<Ended> {
  const cli = ['-r', '@swc-node/register', join(ROOT, 'apps/cli/src/main.ts'), ...args];
  return node(cli, { REFLEX_URL: bed.url, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') });
}

/** Runs specs of the copy, without a network. */
function jestOn(...specs: string[]): Promise<Ended> {
  const main = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'unit',
    '--runInBand',
  ];
  return node([...main, '--testPathPatterns', ...specs], { NODE_OPTIONS: `-r ${join(project, 'no-network.cjs')}` });
}

const read = (path: string): string => readFileSync(join(project, path), 'utf8');

/** Changes a file of the copy for as long as the work takes. */
async function withChange<T>(path: string, from: string, to: string, work: () => Promise<T>): Promise<T> {
  const before = read(path);
  expect(before).toContain(from);
  writeFileSync(join(project, path), before.replace(from, to));
  try {
    return await work();
  } finally {
    writeFileSync(join(project, path), before);
  }
}

describe('a run of the fraud example', () => {
  const SPEC = 'test/recorded/decide-order.spec.ts';
  let exported: Ended;
  let list: Ended;

  beforeAll(async () => {
    const bed = await startExampleBed('fraud-detection');
    try {
      const order = { type: 'order.created', amount: 1_200, country: 'DE', card_country: 'DE' };
      await bed.send({ ...order, order_id: 'o-2', customer_id: 'bob@shop.test' });
      const [run] = await bed.runs('decide-order', 'completed', 1);
      list = await reflex(bed, 'runs', 'list', '--trigger', 'decide-order');
      exported = await reflex(bed, 'runs', 'export', run.id, '--as-test', '--output', SPEC);
    } finally {
      await bed.stop();
    }
  });

  it('becomes a spec that is formatted, type-checks, holds no address, and passes without a network', async () => {
    expect(list.output).toMatch(/^RUN +TRIGGER +OUTCOME[^]*decide-order +completed/);
    expect(exported.output).toMatch(/^Wrote test\/recorded\/decide-order\.spec\.ts and .*\.recording\.json\./);
    expect(exported.output).toContain('Replaced: 1 × email.');
    expect(read(SPEC)).toMatch(
      /^import \{ DecideOrderTrigger \} from '\.\.\/\.\.\/examples\/fraud-detection\/decide-order\.trigger';$/m,
    );
    const fixture = read('test/recorded/decide-order.recording.json');
    expect(fixture).toContain('person1@example.com');
    expect(fixture).not.toContain('bob@shop.test');

    const formatted = await node(['node_modules/prettier/bin/prettier.cjs', '--check', 'test/recorded']);
    writeFileSync(
      join(project, 'tsconfig.spec.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        compilerOptions: { incremental: false },
        include: ['libs', 'test'],
      }),
    );
    const compiled = await node(['node_modules/typescript7/bin/tsc', '--noEmit', '-p', 'tsconfig.spec.json']);
    const ran = await jestOn(SPEC);

    expect(formatted).toMatchObject({ code: 0 });
    expect(compiled).toEqual({ code: 0, output: '' });
    expect(ran.output).toMatch(/✓ decide-order does with order\.fraud_check what it did in run \d+/);
    expect(ran.code).toBe(0);
  });

  it('fails with another prompt, and says what differs', async () => {
    const change = ['hold the rest for a person', 'reject the rest'] as const;

    const { code, output } = await withChange('examples/fraud-detection/fraud.agent.ts', ...change, () => jestOn(SPEC));

    expect(code).toBe(1);
    expect(output).toContain('The prompt of agent "fraud" is another one:');
    expect(output).toMatch(/^ *- Approve what a customer.*; hold the rest for a person\.$/m);
    expect(output).toMatch(/^ *\+ Approve what a customer.*; reject the rest\.$/m);
  });

  it('fails with another threshold, since the result is another one', async () => {
    const change = ['HARMLESS_BELOW = 30', 'HARMLESS_BELOW = 31'] as const;

    const { code, output } = await withChange('examples/fraud-detection/decide-order.trigger.ts', ...change, () =>
      jestOn(SPEC),
    );

    expect(code).toBe(1);
    expect(output).toMatch(/Expected: "order\.held"[^]*Received: "order\.approved"/);
  });

  it('fails with another output schema', async () => {
    const change = ["z.string().describe('One sentence", "z.string().max(500).describe('One sentence"] as const;

    const { code, output } = await withChange('examples/fraud-detection/fraud.agent.ts', ...change, () => jestOn(SPEC));

    expect(code).toBe(1);
    expect(output).toContain('The output schema of agent "fraud" is another one.');
  });
});

describe('a run with tools', () => {
  const SPEC = 'test/recorded/triage.spec.ts';

  beforeAll(async () => {
    const bed = await startExampleBed('incident-response');
    try {
      const alert = { type: 'alert.fired', fingerprint: 'a', service: 'checkout', severity: 'critical' };
      await bed.send({ ...alert, message: 'Down. Call +49 170 1234567' });
      const [run] = await bed.runs('triage', 'completed', 1);
      const { code, output } = await reflex(bed, 'runs', 'export', run.id, '--as-test', '--output', SPEC);
      expect({ code, output }).toMatchObject({ code: 0 });
    } finally {
      await bed.stop();
    }
  });

  it('calls none of them, and gets what they answered', async () => {
    const silent = ['this.logger.warn(', 'throw new Error('] as const;

    const { code, output } = await withChange('examples/incident-response/pager.tool.ts', ...silent, () =>
      jestOn(SPEC),
    );

    expect({ code, output }).toMatchObject({ code: 0 });
    expect(read('test/recorded/triage.recording.json')).toContain('+00 000 0000001');
    expect(JSON.parse(read('test/recorded/triage.recording.json'))).toMatchObject({
      calls: [
        { tool: 'read_runbook' },
        { tool: 'page_on_call', output: expect.stringContaining('was paged') as string },
      ],
    });
  });

  it('fails when a tool is described in another way, or is there no more', async () => {
    const described = await withChange(
      'examples/incident-response/runbooks.tool.ts',
      'The runbook of a service.',
      'What to do when a service fails.',
      () => jestOn(SPEC),
    );
    const gone = await withChange(
      'examples/incident-response/triage.agent.ts',
      'tools: [RunbooksTool, PagerTool]',
      'tools: [RunbooksTool]',
      () => jestOn(SPEC),
    );

    expect(described.output).toContain('The tool "read_runbook" of agent "triage" has another description or input.');
    expect(gone.output).toContain('Agent "triage" has no tool "page_on_call" any more.');
    expect([described.code, gone.code]).toEqual([1, 1]);
  });
});

it('a run of a trigger that gathers events, and one of an agent that remembers, become specs that pass', async () => {
  const logs = await startExampleBed('log-anomaly');
  try {
    const cause = (service: string) => ({ type: 'log.root_cause', service, cause: `${service} fails.`, evidence: [] });
    await logs.send(...['checkout', 'search', 'orders'].map((service) => ({ ...cause(service), source: 'test' })));
    const [run] = await logs.runs('summarize-causes', 'completed', 1);
    expect(await reflex(logs, 'runs', 'export', run.id, '--as-test')).toMatchObject({ code: 0 });
  } finally {
    await logs.stop();
  }
  const chat = await startExampleBed('support-bot');
  try {
    const say = (content: string) => ({ type: 'chat.message', source: 'chat:ann', customer: 'ann', content });
    await chat.send(say('My name is Ann'), say('Where is my parcel?'));
    const runs = await chat.runs('support-bot', 'completed', 2);
    expect(await reflex(chat, 'runs', 'export', runs[1].id, '--as-test')).toMatchObject({ code: 0 });
  } finally {
    await chat.stop();
  }

  const { code, output } = await jestOn('test/recorded/summarize-causes-', 'test/recorded/support-bot-');

  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toMatch(/Tests: +2 passed, 2 total/);
});
