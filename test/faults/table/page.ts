import { PROMISES } from './promises';
import type { Figures, Result } from './recorded';

const HEAD = `# Reliability: what is promised, and what the last runs showed

Written by \`npm run test:faults\`; do not edit it. \`npm run test:faults -- 9 10\` runs rows 9 and 10 again, \`--short\` the forms
that \`npm test\` runs. Both forms have the same oracle: what handlers did is read from tables that the store knows nothing of, and
from a fake of the outside world with a memory of its own. The tests are in \`test/faults\`, but for those of query plans
(\`libs/event-store/src/postgres/specs\`), schedules (\`libs/timers/src\`) and attacks on agents (\`test/security/agents\`). A row
with several tests has several lines of figures.

Figures of time are promised for a machine of two cores on which nothing else is at work: \`load\` tells how many processes wanted a
core meanwhile (the tests themselves make it 2 to 4).
`;

/** docs/reliability.md of the results. */
export function page(results: Result[]): string {
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const lines = PROMISES.map(([row, what, holds]) => {
    const of = results.filter((result) => result.row === row);
    return `| ${[row, what, holds, ...outcome(of)].join(' | ')} |`;
  });
  const passed = PROMISES.map(([row]) => results.filter((result) => result.row === row)).filter(isPassed);
  const inFull = passed.filter((of) => of.every(({ form }) => form === 'full')).length;
  return [
    HEAD,
    `${passed.length} of ${PROMISES.length} rows passed, ${inFull} of them in full, the others in the short form. Machine: ${machines.join('; ')}.`,
    '',
    '| row | done to it | must hold | result | form | figures | load | date |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function isPassed(results: Result[]): boolean {
  return results.length > 0 && results.every(({ passed }) => passed);
}

function outcome(results: Result[]): string[] {
  if (results.length === 0) return ['not run', '', '', '', ''];
  const date = results
    .map((result) => result.date)
    .toSorted()
    .at(-1)!;
  const loads = results.flatMap(({ load }) => load ?? []);
  const figures = results.flatMap((result) => result.figures).map(inWords);
  return [
    isPassed(results) ? 'passed' : '**FAILED**',
    [...new Set(results.map(({ form }) => form))].join(', '),
    figures.join('<br>'),
    loads.length === 0 ? '' : String(Math.max(...loads)),
    date.slice(0, 16).replace('T', ' '),
  ];
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name} ${typeof figure === 'number' ? digits(figure) : figure}`)
    .join(', ');
}

function digits(figure: number): string {
  return (Math.abs(figure) < 10 ? Math.round(figure * 100) / 100 : Math.round(figure)).toLocaleString('en-US');
}
