import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..', '..');
const RENAMED = ['README.md', 'package.json', 'docker-compose.yml', '.reflex-template.json'];
const WHO = { NAME: 'Ann', EMAIL: 'ann@example.com' };
const ENVIRONMENT = {
  ...process.env,
  ...Object.fromEntries(
    Object.entries(WHO).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  ),
};

let folder: string;
let template: string;
let project: string;

function run(cwd: string, command: string, ...args: string[]): { output: string; code: number | null } {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: 'utf8', env: ENVIRONMENT });
  return { output: stdout + stderr, code: status };
}

function git(cwd: string, ...args: string[]): string {
  const { output, code } = run(cwd, 'git', ...args);
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
  return output.trim();
}

const create = (...args: string[]) => run(template, process.execPath, 'libs/schematics/src/project/main.ts', ...args);
const read = (path: string) => readFileSync(join(project, path), 'utf8');
const json = (path: string) =>
  JSON.parse(read(path)) as {
    name: string;
    scripts: Record<string, string>;
    packages: Record<string, { name: string }>;
  };

/** A template with the generator and the files of this working tree. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reflex-new-'));
  template = join(folder, 'reflex');
  project = join(folder, 'my-agent');
  git(folder, 'clone', '--quiet', '--no-hardlinks', ROOT, template);
  for (const path of ['libs/schematics', 'package.json', 'README.md', 'docs']) {
    rmSync(join(template, path), { recursive: true });
    cpSync(join(ROOT, path), join(template, path), { recursive: true });
  }
  writeFileSync(join(template, '.env'), 'OPENAI_API_KEY=sk-secret\n');
  git(template, 'add', '--all');
  git(template, 'commit', '--quiet', '--allow-empty', '-m', 'As it is worked on');
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run new', () => {
  it('makes a copy under its name, without what is not wanted, with a history of its own', () => {
    const { output } = create('my-agent', project, '--no-examples', '--no-designer');

    expect(output).toContain('npm ci && npm start');
    expect(json('package.json').name).toBe('my-agent');
    expect(json('package-lock.json')).toMatchObject({ name: 'my-agent', packages: { '': { name: 'my-agent' } } });
    expect(read('README.md')).toMatch(/^# my-agent\n/);
    expect(read('docker-compose.yml')).toMatch(/^name: my-agent$/m);
    expect(Object.keys(json('package.json').scripts)).not.toEqual(expect.arrayContaining(['example']));
    expect(Object.keys(json('package.json').scripts)).not.toEqual(expect.arrayContaining(['new']));
    expect(read('README.md')).not.toMatch(/npm run (new|example)\b/);
    expect(json('package.json').scripts['lint']).toMatch(/ apps libs test docs\/site$/);
    expect(
      ['examples', 'test/examples', 'apps/web', '.env', 'libs/schematics/src/project'].filter((path) =>
        existsSync(join(project, path)),
      ),
    ).toEqual([]);
    expect(git(project, 'log', '--format=%an %s', '--all')).toMatch(/^Ann Start my-agent from Reflex [0-9a-f]{12}$/);
    expect(git(project, 'status', '--porcelain')).toBe('');
    expect(git(project, 'branch', '--format=%(refname:short)').split('\n').sort()).toEqual(['main', 'upstream']);
  }, 60_000);

  it('makes what is formatted, compiles, keeps its layers, and has guides that hold for a running service', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    const node = (...args: string[]) => run(project, process.execPath, ...args);

    expect(node('node_modules/prettier/bin/prettier.cjs', '--check', ...RENAMED)).toMatchObject({ code: 0 });
    expect(node('node_modules/typescript7/bin/tsc', '--noEmit', '--incremental', 'false')).toEqual({
      output: '',
      code: 0,
    });
    const tests = ['test/layers', 'test/readme', 'test/guides/code-blocks', 'docs/site'];
    const { output, code } = node(
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--maxWorkers=1',
      '--testPathPatterns',
      ...tests,
    );

    expect({ output, code }).toMatchObject({ code: 0 });
    expect(output).toMatch(/Test Suites: 4 passed, 4 total/);
    rmSync(join(project, 'node_modules'));
  }, 180_000);

  it('brings later what is new, and leaves what the owner did', () => {
    appendFileSync(join(project, 'README.md'), '\nOurs.\n');
    writeFileSync(join(project, 'apps/api/src/ours.ts'), 'export const ours = true;\n');
    rmSync(join(project, 'LICENSE'));
    git(project, 'add', '--all');
    git(project, 'commit', '--quiet', '-m', 'Make it ours');
    expect(create('--update', project).output).toContain('has all of this already');

    writeFileSync(join(template, 'libs/core/src/news.ts'), 'export const news = 1;\n');
    writeFileSync(join(template, 'examples/basic/news.ts'), 'export const news = 1;\n');
    writeFileSync(
      join(template, 'README.md'),
      readFileSync(join(template, 'README.md'), 'utf8').replace('## Start', 'News.\n\n## Start'),
    );
    git(template, 'rm', '--quiet', 'Makefile');
    git(template, 'add', '--all');
    git(template, 'commit', '--quiet', '-m', 'News');
    const { output } = create('--update', project);
    expect(output).toContain('git merge upstream');
    expect(git(project, 'status', '--porcelain')).toBe('');
    expect(existsSync(join(project, 'libs/core/src/news.ts'))).toBe(false);
    git(project, 'merge', '--quiet', '--no-edit', 'upstream');

    expect(read('libs/core/src/news.ts')).toContain('news');
    expect(['Makefile', 'examples', 'LICENSE'].filter((path) => existsSync(join(project, path)))).toEqual([]);
    expect(read('README.md')).toMatch(/^# my-agent\n[^]*\nNews\.\n[^]*\nOurs\.\n$/);
    expect(read('apps/api/src/ours.ts')).toContain('ours');
    expect(git(project, 'worktree', 'list').split('\n')).toHaveLength(1);
  }, 60_000);

  it.each([
    [[], 'npm run new -- <name> <folder> [--no-examples] [--no-designer]'],
    [['My Agent', 'somewhere'], '"My Agent" is no name.'],
    [['my-agent', '.'], 'is not empty.'],
    [['--update', '.'], 'was not made by "npm run new"'],
    [['my-agent', 'somewhere', '--no-tests'], "'--no-tests'"],
  ])('given %j says what is wrong, and makes nothing', (args, sentence) => {
    const { output, code } = create(...args);

    expect(code).toBe(1);
    expect(output).toContain(sentence);
    expect(existsSync(join(template, 'somewhere'))).toBe(false);
  });
});
