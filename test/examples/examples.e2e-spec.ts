import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess, type TestProcess } from '@reflex/test';
import { commandsToTry, EXAMPLES } from '../../examples/catalogue';
import { startExampleBed } from './example-bed';

const FOLDER = join(__dirname, '..', '..', 'examples');
const names = Object.keys(EXAMPLES);

it('are all folders there are, each in the README', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');

  expect(folders.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(names.filter((name) => !readme.includes(`](${name}/README.md)`))).toEqual([]);
});

describe.each(names)('the README of %s', (name) => {
  it('has commands that the service takes, and names the command that starts it', async () => {
    const bodies = [...commandsToTry(name).matchAll(/-d '([^']+)'/g)].map(([, body]) => JSON.parse(body!) as object);
    expect(bodies.length).toBeGreaterThan(0);
    const bed = await startExampleBed(name);

    try {
      await expect(bed.send(...bodies)).resolves.toHaveLength(bodies.length);
    } finally {
      await bed.stop();
    }
    expect(readFileSync(join(FOLDER, name, 'README.md'), 'utf8')).toContain(`npm run example -- ${name}\n`);
  });

  it('links only to what exists', () => {
    const readme = readFileSync(join(FOLDER, name, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);

    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(join(FOLDER, name, link)))).toEqual([]);
  });
});

describe('npm run example', () => {
  let example: TestProcess | undefined;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reflex-example-'));
    // PostgreSQL, which does not run as root, must get to its data.
    chmodSync(folder, 0o755);
  });
  afterEach(async () => {
    await example?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: string[]): TestProcess {
    const env = { REFLEX_DATA_DIR: folder, LOG_LEVEL: 'silent', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/never' };
    return startProcess('examples/run.ts', { args, env });
  }

  it('starts the service on a database of its own, says what to try, and stops when told', async () => {
    example = run('basic', '--port', '0');

    const curl = await example.line(/^ *curl 127\.0\.0\.1:\d+\/events -H/, { timeoutMs: 60_000 });
    const host = /127\.0\.0\.1:\d+/.exec(curl)![0];
    const answer = await fetch(`http://${host}/triggers`);

    expect(((await answer.json()) as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual([
      'sort-feedback',
    ]);
    expect(example.output).not.toContain('localhost:8000');
    expect(existsSync(join(folder, 'examples', 'basic', 'postgres'))).toBe(true);
    expect(await example.kill('SIGINT')).toEqual({ code: 0, signal: null });
  }, 90_000);

  it.each([
    [[], /npm run example -- <name>/],
    [['nothing'], /There is no example "nothing"\./],
    [['basic', '--port', 'http'], /--port must be a number/],
  ])('given %j says in one sentence what is wrong', async (args, sentence) => {
    example = run(...args);

    expect(await example.ended).toEqual({ code: 1, signal: null });
    expect(example.output).toMatch(sentence);
    expect(example.output).not.toContain('    at ');
  });
});
