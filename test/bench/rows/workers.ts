import { setTimeout as delay } from 'node:timers/promises';
import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { SideProcess } from '../side-process';
import type { Row } from './row';

const PROCESSES = 4;

/**
 * Several worker processes on one queue, against one. With two cores, one worker and PostgreSQL have the machine to
 * themselves already: more of them cannot be much faster, but they must not stand in each other's way.
 */
export const workers: Row = {
  name: 'workers',
  async run(context): Promise<RowResult[]> {
    const events = context.scaled(50_000);
    const databaseUrl = await context.freshDatabase();
    const crew: SideProcess[] = [];
    for (let index = 0; index < PROCESSES; index += 1) {
      crew.push(await context.side('reflex', { work: 'drain', databaseUrl }));
    }

    const rates = await pairedRounds(context, {
      one: () => drain(crew.slice(0, 1), events),
      two: () => drain(crew.slice(0, 2), events),
      four: () => drain(crew, events),
    });

    return [
      compared('drain 50k, 2 worker processes / 1', rates.two, rates.one, { target: { atLeast: 1 } }),
      compared('drain 50k, 4 worker processes / 1', rates.four, rates.one, { target: { atLeast: 0.9 } }),
    ];
  },
};

/** Deliveries per second from the first handler to the last, wherever they ran; each runs once. */
async function drain(crew: SideProcess[], events: number): Promise<number> {
  await crew[0]!.stock({ events, accounts: 1_000 });
  await Promise.all(crew.map((side) => side.begin()));
  const progress = await allHandled(crew, events);
  await Promise.all(crew.map((side) => side.end()));
  const worked = progress.filter(({ handled }) => handled > 0);
  const firstAt = Math.min(...worked.map((one) => one.firstAt));
  const lastAt = Math.max(...worked.map((one) => one.lastAt));
  return (events - 1) / ((lastAt - firstAt) / 1_000);
}

async function allHandled(crew: SideProcess[], events: number): ReturnType<typeof progressOf> {
  for (const begin = performance.now(); ; await delay(50)) {
    const progress = await progressOf(crew);
    const handled = progress.reduce((sum, one) => sum + one.handled, 0);
    if (handled > events) throw new Error(`${handled} handlers ran for ${events} deliveries.`);
    if (handled === events) return progress;
    if (performance.now() - begin > 60_000) throw new Error(`Only ${handled} of ${events} were handled in a minute.`);
  }
}

function progressOf(crew: SideProcess[]): Promise<Awaited<ReturnType<SideProcess['progress']>>[]> {
  return Promise.all(crew.map((side) => side.progress()));
}
