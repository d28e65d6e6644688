import { appendFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** The long form of the tests: `npm run test:faults`. The short form has the same oracle and fewer events. */
export const full = process.env['FAULTS'] === 'full';

/**
 * How crowded the machine is. The short form runs beside other tests and whatever else is at work: where more than two want
 * each core, it allows that much more time. The full form never does.
 */
export function crowd(): number {
  return full ? 1 : Math.max(1, loadavg()[0]! / (2 * availableParallelism()));
}

/** One line of figures: readable in the log of the run, and part of docs/reliability.md when the run writes that. */
export function report(test: string, figures: Record<string, number | string | boolean>): void {
  const line = Object.entries(figures)
    .map(([name, figure]) => `${name} ${typeof figure === 'number' ? Math.round(figure * 10) / 10 : figure}`)
    .join(' · ');
  process.stderr.write(`  [faults ${full ? 'full' : 'short'}] ${test}: ${line}\n`);
  const file = process.env['FAULTS_FIGURES'];
  if (file !== undefined) {
    appendFileSync(file, `${JSON.stringify({ name: expect.getState().currentTestName, figures })}\n`);
  }
}
