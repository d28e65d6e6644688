import { hostname } from 'node:os';
import { Client } from 'pg';
import { BEAT, CLOSE_LEASE, OPEN_LEASE, SERVE } from './queries';

/**
 * Beats so many times per lease. With three quarters of the lease until it counts as lost, and a look every fortieth, an
 * event loop may be blocked for 0.6 of it whenever that begins.
 */
const BEATS_PER_LEASE = 10;

export interface HeartbeatOptions {
  url: string;
  app: string;
  leaseMs: number;
  triggerIds: number[];
}

/**
 * Keeps this process's lease on a connection of its own, so that a busy pool cannot delay a beat. When beating fails for
 * three quarters of the lease, `lost` aborts: handlers stop before others take over.
 */
export class Heartbeat {
  private readonly losing = new AbortController();
  private client: Client | null = null;
  private lastBeat = 0;
  private nextBeat = 0;
  private beating = false;
  private timer: NodeJS.Timeout | null = null;
  workerId = 0;

  constructor(private readonly options: HeartbeatOptions) {}

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async start(): Promise<void> {
    const client = await this.connect();
    const sentAt = performance.now();
    const { app, triggerIds } = this.options;
    const { rows } = await client.query<{ id: string }>(OPEN_LEASE, [app, hostname(), process.pid, triggerIds]);
    this.workerId = Number(rows[0]!.id);
    this.lastBeat = sentAt;
    this.nextBeat = sentAt + this.options.leaseMs / BEATS_PER_LEASE;
    this.timer = setInterval(() => this.watch(), this.options.leaseMs / 40);
  }

  /** Says which triggers this process works for, so that nobody takes them for removed. */
  async serve(triggerIds: number[]): Promise<void> {
    const client = this.client ?? (await this.connect());
    await client.query(SERVE, [this.workerId, triggerIds]);
  }

  async close(): Promise<void> {
    clearInterval(this.timer ?? undefined);
    this.timer = null;
    const client = this.client;
    this.client = null;
    if (!client) return;
    // Should this fail, the row is forgotten by the others once it is too old.
    await client.query(CLOSE_LEASE, [this.workerId]).catch(() => undefined);
    await client.end().catch(() => undefined);
  }

  private watch(): void {
    // After a pause of the whole process the clock alone tells, before any answer of the database.
    if (this.tooLate) this.judge();
    else if (performance.now() >= this.nextBeat && !this.beating) void this.beat();
  }

  // A busy process comes here before it has read what arrived meanwhile: the answer to a beat may be among it.
  private judge(): void {
    if (!this.beating) return this.lose();
    setImmediate(() => setImmediate(() => this.timer && this.tooLate && this.lose()));
  }

  private get tooLate(): boolean {
    return performance.now() - this.lastBeat > this.options.leaseMs * 0.75;
  }

  private async beat(): Promise<void> {
    this.beating = true;
    const sentAt = performance.now();
    try {
      const client = this.client ?? (await this.connect());
      const { rowCount } = await client.query(BEAT, [this.workerId]);
      if (rowCount === 0) this.lose();
      this.lastBeat = sentAt;
      this.nextBeat = sentAt + this.options.leaseMs / BEATS_PER_LEASE;
    } catch {
      // The next look tries again on a new connection, until the lease is too old.
      this.drop();
    } finally {
      this.beating = false;
    }
  }

  /** Stops beating and aborts `lost`. */
  lose(): void {
    clearInterval(this.timer ?? undefined);
    this.timer = null;
    this.drop();
    this.losing.abort(new Error('This process could not renew its lease in time.'));
  }

  private drop(): void {
    const client = this.client;
    this.client = null;
    client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Client> {
    const patience = Math.max(500, this.options.leaseMs / 8);
    const client = new Client({
      connectionString: this.options.url,
      connectionTimeoutMillis: patience,
      query_timeout: patience,
      keepAlive: true,
      application_name: 'reflex:heartbeat',
    });
    client.on('error', () => {
      if (this.client === client) this.drop();
    });
    await client.connect();
    this.client = client;
    return client;
  }
}
