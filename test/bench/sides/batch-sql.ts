import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { runMigrations } from '@reflex/event-store';
import { Client } from 'pg';
import { CLAIM, PUBLISH, REGISTER, SETTLE } from './batch-sql-statements';
import { Batches } from './batches';
import type { Payload } from './payload';
import type { Side, SideSetup } from './side';

const CLAIM_SIZE = 500;

interface ClaimedRow {
  event_seq: string;
  lease_token: string;
  id: string;
  trace_id: string;
  payload: Payload;
}

interface Settled extends ClaimedRow {
  startedAt: Date;
  durationMs: number;
}

/**
 * The ceiling: the same rows in the same tables with the same indexes, durable, leased and fenced, group-committed and
 * pipelined over three connections, as one would write it by hand for this one kind of event, with nothing around it.
 */
export async function openBatchSql({ databaseUrl }: SideSetup): Promise<Side> {
  await runMigrations(databaseUrl);
  const [forPublish, forClaim, forSettle] = await Promise.all([1, 2, 3].map(() => connect(databaseUrl)));
  const { rows } = await forPublish!.query<{ id: number }>(REGISTER);
  const trigger = rows[0]!.id;

  const published = new Batches<Payload>(CLAIM_SIZE, async (batch) => {
    await store(batch);
    wake();
  });
  const settled = new Batches<Settled>(CLAIM_SIZE, async (batch) => {
    const { rowCount } = await forSettle!.query({
      name: 'settle',
      text: SETTLE,
      values: [trigger, ...settleColumns(batch)],
    });
    if (rowCount !== batch.length) throw new Error('A lease was lost in the ceiling.');
  });
  let wake: () => void = () => undefined;
  let loop: Promise<void> | null = null;
  const state = { stopping: false };

  async function store(batch: Payload[]): Promise<void> {
    await forPublish!.query({ name: 'publish', text: PUBLISH, values: [trigger, ...publishColumns(batch)] });
  }

  async function work(onHandled: (payload: Payload) => void): Promise<void> {
    while (!state.stopping) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const { rows: claimed } = await forClaim!.query<ClaimedRow>({
        name: 'claim',
        text: CLAIM,
        values: [trigger, CLAIM_SIZE],
      });
      for (const row of claimed) {
        const startedAt = new Date();
        const start = performance.now();
        onHandled(row.payload);
        void settled.add({ ...row, startedAt, durationMs: performance.now() - start });
      }
      // Claiming further ahead than that would only fill the memory.
      if (settled.length > 4 * CLAIM_SIZE) await settled.idle();
      if (claimed.length === 0 && !state.stopping) await woken;
    }
  }

  return {
    publish: (payload) => published.add(payload),
    publishMany: store,
    start: async (onHandled) => {
      state.stopping = false;
      loop = work(onHandled);
    },
    stop: async () => {
      state.stopping = true;
      wake();
      await loop;
      await settled.idle();
    },
    left: async () => {
      const { rows: counts } = await forClaim!.query<{ count: number }>('select count(*)::int from reflex.deliveries');
      return counts[0]!.count;
    },
    empty: async () => void (await forClaim!.query('truncate reflex.events, reflex.deliveries, reflex.runs')),
    close: async () => {
      await Promise.all([forPublish!.end(), forClaim!.end(), forSettle!.end()]);
    },
  };
}

async function connect(url: string): Promise<Client> {
  // Plans that were made while the tables were empty must not scan them later, as in our own functions.
  const options = '-c enable_seqscan=off -c jit=off';
  const client = new Client({ connectionString: url, options });
  await client.connect();
  return client;
}

function publishColumns(batch: Payload[]): unknown[] {
  const now = new Date();
  return [
    batch.map(() => randomUUIDv7()),
    batch.map(() => now),
    batch.map(() => randomBytes(16).toString('hex')),
    batch.map((payload) => JSON.stringify(payload)),
  ];
}

function settleColumns(batch: Settled[]): unknown[] {
  return [
    batch.map((one) => one.event_seq),
    batch.map((one) => one.lease_token),
    batch.map((one) => one.id),
    batch.map((one) => one.trace_id),
    batch.map((one) => one.startedAt),
    batch.map((one) => one.durationMs),
  ];
}
