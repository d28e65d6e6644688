import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const FOLDERS = ['apps', 'libs', 'test/support'];
const SETTINGS = ['jest.config.js', 'nest-cli.json', 'package.json', 'tsconfig.json', '.prettierrc', '.oxlintrc.json'];
const SOURCES = 'apps/api/src';
const MADE = [`${SOURCES}/orders`, `${SOURCES}/fraud`, `${SOURCES}/app.module.ts`, `${SOURCES}/incidents`];

/** Sends an event to the service as it is, and sees the generated trigger handle it. */
const SERVICE_SPEC = `
import { eventually, freshDatabase } from '@reflex/test';
import { AgentRegistry } from '@reflex/agents';
import { readSettings } from '../config';
import { startService } from '../service';

it('is part of the service', async () => {
  const database = await freshDatabase();
  const service = await startService(readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' }));
  const itemsOf = async (path: string) => {
    return ((await (await fetch(service.url + path)).json()) as { items: { name: string }[] }).items;
  };
  try {
    const sent = await fetch(service.url + '/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'order.created', source: 'test', subject: 'order 7' }),
    });
    expect(sent.status).toBe(201);
    await eventually(async () => {
      expect(await itemsOf('/runs?trigger=ship-order&outcome=completed')).toHaveLength(1);
    });
    expect(service.app.get(AgentRegistry).list().map(({ name }) => name)).toContain('order-clerk');
    const triggers = (await itemsOf('/triggers')).map(({ name }) => name);
    expect(triggers).toEqual(expect.arrayContaining(['fraud', 'latency']));
  } finally {
    await service.stop();
    await database.drop();
  }
});
`;

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'reflex-generate-'));
  const filter = (path: string) => !['node_modules', 'dist', '.reflex'].includes(basename(path));
  for (const path of [...FOLDERS, ...SETTINGS]) cpSync(join(ROOT, path), join(copy, path), { recursive: true, filter });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  // Only what was made is of interest, and what it needs.
  const config = {
    extends: './tsconfig.json',
    include: [SOURCES, 'libs/*/src/*.d.ts'],
    compilerOptions: { incremental: false },
  };
  writeFileSync(join(copy, 'tsconfig.made.json'), JSON.stringify(config));
}, 60_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Ends with the output of a command, whatever its exit code. */
function run(...command: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: copy, encoding: 'utf8' });
  return stdout + stderr;
}

const nest = (...args: string[]) => run('node_modules/@nestjs/cli/bin/nest.js', 'g', ...args, '-p', 'api');

function expectSuccess(...command: string[]): void {
  try {
    execFileSync(process.execPath, command, { cwd: copy, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

describe('npx nest g', () => {
  it('makes what is formatted, linted, compiles, is registered and passes its own specs', () => {
    nest('trigger', 'fraud');
    nest('event', 'orders/order-created');
    nest('trigger', 'orders/ship-order');
    nest('agent', 'orders/order-clerk');
    nest('tool', 'orders/findOrder');
    nest('trigger', 'incidents/latency');
    writeFileSync(join(copy, SOURCES, 'orders/service.e2e-spec.ts'), SERVICE_SPEC);

    expect(readFileSync(join(copy, SOURCES, 'orders/orders.module.ts'), 'utf8')).toContain(
      [
        '@Module({',
        '  imports: [EventsModule.forFeature([OrderCreated])],',
        '  providers: [ShipOrderTrigger, OrderClerkAgent, FindOrderTool],',
        '})',
      ].join('\n'),
    );
    expectSuccess(
      'node_modules/prettier/bin/prettier.cjs',
      '--check',
      ...MADE,
      `!${SOURCES}/orders/service.e2e-spec.ts`,
    );
    expectSuccess('node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', ...MADE);
    expectSuccess('node_modules/typescript7/bin/tsc', '--noEmit', '-p', 'tsconfig.made.json');
    const patterns = [`${SOURCES}/orders/`, `${SOURCES}/fraud/`, `${SOURCES}/incidents/latency`];
    const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--json', '--outputFile=made.json'];
    expectSuccess(...jest, '--maxWorkers=1', '--testPathPatterns', ...patterns);
    const results = JSON.parse(readFileSync(join(copy, 'made.json'), 'utf8')) as { numPassedTests: number };
    // Three of triggers, two of the event, one each of agent and tool, and ours.
    expect(results.numPassedTests).toBe(8);
  }, 180_000);

  it('leaves out the spec, or the module, when told to, and writes nothing in a dry run', () => {
    const made = nest('agent', 'quiet/nobody', '--no-spec', '--skip-import', '--dry-run');

    expect(made.match(/^(CREATE|UPDATE) \S+/gm)).toEqual([`CREATE ${SOURCES}/quiet/nobody.agent.ts`]);
    expect(existsSync(join(copy, SOURCES, 'quiet'))).toBe(false);
  }, 60_000);

  it('still makes what Nest makes', () => {
    const made = nest('service', 'x', '--no-spec', '--dry-run');

    expect(made).toContain(`CREATE ${SOURCES}/x/x.service.ts`);
  }, 60_000);

  it.each([
    [['event', 'timer-x'], 'Only the server publishes "timer.x".'],
    [['tool', 'orders/4711'], '"4711" is no name.'],
  ])(
    '%j says what is wrong',
    (args, sentence) => {
      expect(nest(...args, '--dry-run')).toContain(sentence);
    },
    60_000,
  );
});

describe('npx schematics', () => {
  const schematics = (...args: string[]) =>
    run('node_modules/@angular-devkit/schematics-cli/bin/schematics.js', '@reflex/schematics:trigger', ...args);

  it('takes the event that a trigger listens to', () => {
    schematics('--name=chat/greet', '--event=WebSocketMessage', `--source-root=${SOURCES}`, '--no-dry-run');

    const trigger = readFileSync(join(copy, SOURCES, 'chat/greet.trigger.ts'), 'utf8');
    expect(trigger).toContain("@OnEvent(WebSocketMessage, { name: 'greet' })");
    expect(trigger).toContain("import { WebSocketMessage } from '@reflex/events';");
  }, 60_000);

  it.each([
    ['--event=Nothing', 'There is no event class "Nothing".'],
    ['--event=IncidentRaised', undefined],
  ])(
    'with %s tells what it needs',
    (event, sentence) => {
      const said = schematics('--name=incidents/other', event, `--source-root=${SOURCES}`, '--dry-run');

      expect(said).toContain(sentence ?? `CREATE ${SOURCES}/incidents/other.trigger.ts`);
    },
    60_000,
  );
});
