import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess } from '../app/app-process';
import { against, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** After its start, until whatever happens only once is over. */
const REST_MS = 3_000;

/** The built service with its own PostgreSQL: how long until it is ready, and what it needs to do nothing. */
export const start: Row = {
  name: 'start',
  async run(context): Promise<RowResult[]> {
    await AppProcess.build();
    const folder = await mkdtemp(join(tmpdir(), 'reflex-bench-app-'));
    // Root runs PostgreSQL as another user, who must get through.
    await chmod(folder, 0o755);
    try {
      const rounds = await pairedRounds(context, { app: () => startAndRest(context, folder) });
      const figures = (of: (round: StartAndRest) => number) => rounds.app.map((round) => of(round));
      return [
        against(
          'start of the built service, to ready',
          figures(({ seconds }) => seconds),
          { atMost: 5 },
          's',
        ),
        against(
          'idle memory of one process, ROLE=all',
          figures(({ megabytes }) => megabytes),
          { atMost: 220 },
          'MB',
        ),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type StartAndRest = { seconds: number; megabytes: number };

async function startAndRest(context: { own(app: AppProcess): AppProcess }, folder: string): Promise<StartAndRest> {
  const app = context.own(await AppProcess.start({ REFLEX_DATA_DIR: folder }));
  await delay(REST_MS);
  const megabytes = await app.residentMb();
  await app.close();
  return { seconds: app.startMs / 1_000, megabytes };
}
