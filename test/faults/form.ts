/** The long form of the tests: `npm run test:faults`. The short form has the same oracle and fewer events. */
export const full = process.env['FAULTS'] === 'full';

/** One line of figures, readable in the log of the run. */
export function report(test: string, figures: Record<string, number | string | boolean>): void {
  const line = Object.entries(figures)
    .map(([name, figure]) => `${name} ${typeof figure === 'number' ? Math.round(figure * 10) / 10 : figure}`)
    .join(' · ');
  process.stdout.write(`  [faults ${full ? 'full' : 'short'}] ${test}: ${line}\n`);
}
