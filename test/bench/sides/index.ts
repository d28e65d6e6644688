import { openBatchSql } from './batch-sql';
import { openBullMq } from './bullmq';
import { openGraphileWorker } from './graphile-worker';
import { openPgBoss } from './pg-boss';
import { openReflex } from './reflex';
import type { OpenSide } from './side';

export type SideName = 'reflex' | 'batch SQL' | 'graphile-worker' | 'pg-boss' | 'BullMQ';

export const SIDES: Record<SideName, OpenSide> = {
  reflex: openReflex,
  'batch SQL': openBatchSql,
  'graphile-worker': openGraphileWorker,
  'pg-boss': openPgBoss,
  BullMQ: openBullMq,
};
