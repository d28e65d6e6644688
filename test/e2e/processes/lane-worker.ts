import { setTimeout as delay } from 'node:timers/promises';
import { openPostgresStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { type DecisionContext, TriggerRegistry, TriggerWorker } from '@reflex/triggers';
import { LaneStep } from './lane-step';

// A worker process: `lane-worker.ts <database> [scope]`. Its handler enters a room of which each lane has one; the table's
// primary key, and no lock of ours, tells when somebody is in there already.
const [url, scope] = process.argv.slice(2);

async function main(): Promise<void> {
  const store = await openPostgresStore({ url: url!, poolSize: 8 });
  const query = (sql: string, values: unknown[]): Promise<{ id: string }[]> => store.dataSource.query(sql, values);

  const walkThrough = async ({ event }: DecisionContext<LaneStep>): Promise<void> => {
    const { lane, n } = event;
    const entered = await query('insert into rooms values ($1) on conflict do nothing returning lane as id', [lane]);
    if (entered.length === 0) await query('insert into collisions values ($1, $2)', [lane, n]);
    await delay(2);
    if (entered.length > 0) await query('delete from rooms where lane = $1', [lane]);
    await query('insert into visits (lane, n, pid) values ($1, $2, $3)', [lane, n, process.pid]);
  };

  const events = new EventRegistry().register([LaneStep]);
  const triggers = new TriggerRegistry(events).add({ name: 'walk', on: LaneStep, scope, handle: walkThrough });
  // Fewer slots than there are lanes, so that lanes change hands.
  const worker = new TriggerWorker({ store, events, triggers, options: { concurrency: 2 } });
  await worker.start();
  process.stdout.write('ready\n');
}

void main();
