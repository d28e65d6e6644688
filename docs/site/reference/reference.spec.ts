import { join } from 'node:path';
import { codePages } from './code-pages';
import { commandPages, commandsOf } from './command-pages';
import { exportedNames } from './exported-names';
import { linkedSource, sourcePagePath, sourcePages, writtenPages } from './source-pages';
import { CliModule } from '../../../apps/cli/src/cli.module';
import { sidebar } from '../sidebar';

const ROOT = join(__dirname, '..', '..', '..');
const DOCS = join(ROOT, 'docs');

describe('the reference of the code', () => {
  const names = exportedNames(ROOT);

  it('has what each lib exports, without bodies and what is private', async () => {
    const page = (await codePages(names)).find(({ path }) => path === 'reference/libs/triggers')!;

    expect(page.text).toContain('### OnEvent\n\nMakes a method a trigger');
    expect(page.text).toContain('function type(...globs: string[]): Filter;');
    expect(page.text).toContain(
      '/** The event to act on. When a timer woke the context, the newest accumulated one. */',
    );
    expect(page.text).not.toMatch(/private |\n {2}constructor\(\s*private/);
  });

  it('has a sentence for every decorator and every function', () => {
    const silent = names.filter(({ kind, about }) => (kind === 'decorator' || kind === 'function') && about === '');

    expect(
      silent.map(({ lib, name }) => `Write a comment above "${name}" of libs/${lib}: it is shown in the docs.`),
    ).toEqual([]);
  });
});

describe('the reference of the command line', () => {
  it('has every command with the options of its own and those it inherits', () => {
    const dlq = commandsOf(CliModule).find(({ name }) => name === 'dlq')!;
    const retryAll = dlq.children.find(({ name }) => name === 'dlq retry-all')!;

    expect(dlq.children.map(({ name }) => name)).toEqual(expect.arrayContaining(['dlq list', 'dlq purge']));
    expect(retryAll.options.map(({ flags }) => flags)).toEqual(
      expect.arrayContaining(['--rate <count>', '--trigger <name>', '--json', '--reason <text>']),
    );
    expect(commandPages([dlq])[0]!.text).toContain('## reflex dlq retry-all');
  });
});

describe('links to files outside of the docs', () => {
  it('lead to a page that shows the file', () => {
    expect(linkedSource(DOCS, 'guides/cli.md', '../../apps/cli/src/main.ts')).toBe('apps/cli/src/main.ts');
    expect(linkedSource(DOCS, 'guides/cli.md', '../operations.md')).toBeNull();
    expect(sourcePagePath('apps/cli/src/main.ts')).toBe('reference/source/apps/cli/src/main-ts');
  });

  it('have such a page for every file and folder that a page links to', () => {
    const pages = sourcePages(ROOT);

    expect(pages.find(({ path }) => path === sourcePagePath('libs/triggers/src/worker/run.ts'))?.text).toContain(
      'export class Run',
    );
    expect(pages.find(({ path }) => path === sourcePagePath('libs/triggers/src/filters'))?.text).toContain(
      '`filter.ts`',
    );
  });
});

it('the sidebar has every page that somebody wrote', () => {
  const links = new Set(JSON.stringify(sidebar(DOCS)).match(/"\/[^"]*"/g));

  const missing = writtenPages(DOCS).filter(
    (page) => page !== 'index.md' && !links.has(`"/${page.replace(/\.md$/, '')}"`),
  );
  expect(missing).toEqual([]);
});
