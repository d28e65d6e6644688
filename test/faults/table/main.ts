import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { page } from './page';
import { loadResults, merged, saveResults, type Figures, type Result } from './recorded';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = join(ROOT, 'docs', 'reliability.md');
const USAGE = `npm run test:faults [-- ROW… --short --render]

  ROW       only these rows of docs/reliability.md, such as 9 or model
  --short   the forms that npm test runs
  --render  runs nothing, writes the page from the results there are
`;
/** Tests of rows stand here, and their names begin with the row. */
const PATHS = [
  'test/faults',
  'security/agents/injection',
  'postgres/specs/(plans|claim)',
  'libs/timers/src/(schedule|planned-ticks)',
];

const LABEL = /(?:^| )(\d+|model|operations): (.*)$/;

interface Ran {
  testResults: { assertionResults: { fullName: string; status: string; duration?: number | null }[] }[];
}

/** Runs the tests of the rows and writes what came of them to results.json and to the page. */
async function main(args: string[]): Promise<void> {
  const rows = args.filter((arg) => !arg.startsWith('-'));
  const unknown = args.find((arg) => arg.startsWith('-') && !['--short', '--render'].includes(arg));
  if (unknown !== undefined) {
    process.stdout.write(USAGE);
    process.exitCode = unknown === '--help' ? 0 : 1;
    return;
  }
  const ran = args.includes('--render') ? [] : await run(rows, args.includes('--short') ? 'short' : 'full');
  const results = merged(await loadResults(), ran);
  await saveResults(results);
  const style = (await resolveConfig(PAGE)) ?? {};
  await writeFile(PAGE, await format(page(results), { ...style, parser: 'markdown' }));
}

async function run(rows: string[], form: 'full' | 'short'): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'reflex-faults-'));
  const [outputFile, figuresFile] = [join(folder, 'jest.json'), join(folder, 'figures.jsonl')];
  await writeFile(figuresFile, '');
  try {
    const named = `(^| )(${rows.length > 0 ? rows.join('|') : String.raw`\d+|model|operations`}): `;
    // One after the other: each is a measurement as well.
    const args = ['--runInBand', '--json', `--outputFile=${outputFile}`, '--testNamePattern', named];
    const jest = spawn('npm', ['run', '--silent', 'jest', '--', ...args, '--testPathPatterns', ...PATHS], {
      cwd: ROOT,
      env: { ...process.env, FAULTS: form, FAULTS_FIGURES: figuresFile },
      // Jest prints its JSON to stdout as well.
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(jest, 'close')) as [number | null];
    process.exitCode = code ?? 1;
    return resultsOf(await readFile(outputFile, 'utf8'), await readFile(figuresFile, 'utf8'), form);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function resultsOf(ran: string, lines: string, form: 'full' | 'short'): Result[] {
  const figures = new Map<string, Figures[]>();
  for (const line of lines.split('\n').filter((each) => each !== '')) {
    const { name, figures: one } = JSON.parse(line) as { name: string; figures: Figures };
    figures.set(name, [...(figures.get(name) ?? []), one]);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const date = new Date().toISOString();
  const tests = (JSON.parse(ran) as Ran).testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests
    .filter(({ status }) => status === 'passed' || status === 'failed')
    .map(({ fullName, status, duration }) => ({
      ...rowOf(fullName),
      form,
      passed: status === 'passed',
      figures: figures.get(fullName) ?? [],
      seconds: Math.round((duration ?? 0) / 1_000),
      date,
      machine,
      load: Math.round(loadavg()[1]! * 10) / 10,
    }));
}

/** `dead letters 35: asked for twice` is of row 35. */
function rowOf(fullName: string): { row: string; title: string } {
  const [, row, title] = LABEL.exec(fullName)!;
  return { row: row!, title: title! };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
