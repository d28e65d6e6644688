import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliModule } from '../../apps/cli/src/cli.module';
import { VARIABLES } from '../../apps/api/src/settings';
import { commandsOf } from '../../docs/site/reference/command-pages';
import { writtenPages } from '../../docs/site/reference/source-pages';
import { blocksOf, unindented, type Block } from './guide';
import { commandsIn, mistakeIn, type Known } from './shell-commands';

const ROOT = join(__dirname, '..', '..');
const PAGES = writtenPages(join(ROOT, 'docs'));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesIn = (folder: string, extension: RegExp): string[] =>
  (existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }) : [])
    .filter((path) => extension.test(path) && !path.includes('node_modules'))
    .map((path) => join(folder, path));

const schematics = (path: string): string[] =>
  Object.keys((JSON.parse(read(path)) as { schematics: object }).schematics);

/** Scripts that a project made without them may still read about. */
const OF_THE_TEMPLATE = ['new', 'example'];

const KNOWN: Known = {
  scripts: new Set(
    Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts).concat(OF_THE_TEMPLATE),
  ),
  commands: commandsOf(CliModule),
  schematics: new Set([
    ...schematics('libs/schematics/src/collection.json'),
    ...schematics('node_modules/@nestjs/schematics/dist/collection.json'),
  ]),
  variables: new Set(Object.keys(VARIABLES)),
};

/** Sources that the type check, the linter and tests go through. */
const SOURCES = ['apps', 'libs', 'examples', 'test']
  .flatMap((folder) => filesIn(folder, /\.ts$/))
  .map((path) => unindented(read(path)));
/** Specs that answer for the commands of a page: they name it in `guide('…')`. */
const SPECS = filesIn('test', /\.e2e-spec\.ts$/)
  .map(read)
  .join('\n');

const CHECKS: Record<string, (block: Block, page: string) => string | null> = {
  ts: ({ text }) =>
    SOURCES.some((source) => source.includes(unindented(text)))
      ? null
      : 'stands in no file that is tested: put it into one below test/guides, and copy it from there',
  sh: ({ text }, page) => (SPECS.includes(`guide('${page}')`) ? null : mistakesIn(text, page)),
  sql: (_block, page) =>
    SPECS.includes(`guide('${page}')`) ? null : `is run by no test: let one read it with guide('${page}')`,
  json: ({ text }) => (isJson(text) ? null : 'is no JSON'),
  text: () => null,
  mermaid: () => null,
};

it.each(PAGES)('docs/%s shows only code that is tested', (page) => {
  const problems = blocksOf(read(`docs/${page}`)).flatMap((block) => {
    const check = CHECKS[block.language];
    const problem = check
      ? check(block, page)
      : `is of the language "${block.language}", for which there is no check yet`;
    return problem === null ? [] : [`This block of docs/${page} ${problem}:\n${block.text}`];
  });

  expect(problems).toEqual([]);
});

describe('a command that nobody runs', () => {
  it.each([
    ['npm run nonsense', 'there is no npm script "nonsense"'],
    ['npx reflex dlq lst', 'there is no command "reflex dlq lst"'],
    ['npx reflex dlq list --colour', '"reflex dlq list" has no option --colour'],
    ['npx nest g nonsense -p api', '"npx nest g" makes no "nonsense"'],
    ['EVENT_MAXIMUM=3 npm start', 'there is no setting EVENT_MAXIMUM'],
    ['rm -rf /', 'nobody runs "rm"'],
  ])('is found out: %s', (command, mistake) => {
    expect(mistakeIn(command, KNOWN)).toBe(mistake);
  });

  it.each([
    'npm run dev',
    'EVENT_MAX_ATTEMPTS=5 npm start',
    'npx reflex dlq list --trigger x',
    'npx nest g trigger a/b -p api',
  ])('is let through when all it names is there: %s', (command) => {
    expect(mistakeIn(command, KNOWN)).toBeNull();
  });
});

function mistakesIn(text: string, page: string): string | null {
  if (/\bcurl\b/.test(text)) {
    return `sends requests, and no test sends them: write one below test/guides that reads them with guide('${page}')`;
  }
  const mistakes = commandsIn(text).flatMap((command) => mistakeIn(command, KNOWN) ?? []);
  return mistakes.length === 0 ? null : `is wrong: ${mistakes.join('; ')}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
