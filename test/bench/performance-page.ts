import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readResults, verdict, type Results } from './row-results';

const PAGE = join(__dirname, '..', '..', 'docs', 'performance.md');
const BEGIN = '<!-- figures: written by npm run bench -->';
const END = '<!-- end of figures -->';

/** Puts the figures of results.json into docs/performance.md. */
export async function writePerformancePage(): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN) as [string, string];
  const after = rest.split(END)[1]!;
  const figures = figuresOf(await readResults());
  const text = `${before}${BEGIN}\n\n${figures}\n\n${END}${after}`;
  await writeFile(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

/** What stands between the marks of the page now. */
export async function figuresOnPage(): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  return page.split(BEGIN)[1]!.split(END)[0]!.trim();
}

/** The machine and a table, in Markdown. */
export function figuresOf({ rows, machine }: Results): string {
  const redis = machine.redis === null ? '' : `, Redis ${machine.redis}`;
  const lines = rows.map((result) => {
    const { row, name, ours, peer, ratio, target, unit } = result;
    const cells = [`\`${row}\``, name, figure(ours, unit), figure(peer, unit), ratio === null ? '' : `${ratio}×`];
    return `| ${[...cells, target ?? '', verdict(result)].join(' | ')} |`;
  });
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory}; Node ${machine.node}, PostgreSQL ${machine.postgres}${redis};`,
    `last run ${machine.date.slice(0, 10)}.`,
    '',
    '| row | ours / peer | ours | peer | ratio | target | |',
    '| --- | --- | ---: | ---: | ---: | ---: | --- |',
    ...lines,
  ].join('\n');
}

function figure(value: number | null, unit: string): string {
  return value === null ? '' : `${value.toLocaleString('en-US')} ${unit}`;
}
