import { randomUUID } from 'node:crypto';
import { backoffMs } from '@reflex/core';
import { Client } from 'pg';
import type { ToldRun } from '../run-streams';

const CHANNEL = 'reflex';
/** One notification per so many milliseconds at most: NOTIFY takes a lock of the whole database at commit. */
const NUDGE_MS = 25;
const PROBE_MS = 5_000;
const IDS_PER_MESSAGE = 100;
// A notification holds 8,000 bytes, and the id of an event up to 128.
const RUNS_PER_MESSAGE = 40;

interface Message {
  /** The process that sent it. */
  from: string;
  /** Triggers with new work. */
  fed?: number[];
  /** Events from WebSockets of which a run was settled. */
  settled?: string[];
  /** Runs that told something or ended, each with its event. */
  told?: [runId: string, eventId: string][];
  /** Somebody outside asked to be left alone. */
  paused?: true;
  /** A stored secret was changed. */
  secrets?: true;
  probe?: number;
}

/**
 * Tells the other processes that there is work, and hears it from them, on a connection of its own. A notification is
 * only a hint: PostgreSQL drops it while we reconnect, so whoever listens here also polls.
 */
export class Listener {
  private readonly self = randomUUID();
  private client: Client | null = null;
  private sending: Promise<unknown> = Promise.resolve();
  private up = false;
  private closed = false;
  private failures = 0;
  private probe: { number: number; sentAt: number } | null = null;
  private probes = 0;
  private readonly fed = new Set<number>();
  private readonly settled = new Set<string>();
  private readonly told = new Map<string, string>();
  private pauseAsked = false;
  private secretsChanged = false;
  private nudge: NodeJS.Timeout | null = null;
  private lastNudge = 0;
  private probeTimer: NodeJS.Timeout | null = null;
  private reconnectTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly url: string,
    private readonly on: {
      fed: () => void;
      settled: (eventIds: string[]) => void;
      told: (runs: ToldRun[]) => void;
      paused: () => void;
      secrets: () => void;
      warn: (message: string) => void;
    },
  ) {}

  /** True while notifications arrive: the last probe came back. */
  get healthy(): boolean {
    return this.up;
  }

  async start(): Promise<void> {
    await this.connect();
    this.probeTimer = setInterval(() => this.sendProbe(), PROBE_MS);
    this.probeTimer.unref();
  }

  tellFed(triggerIds: number[]): void {
    for (const id of triggerIds) this.fed.add(id);
    this.schedule();
  }

  tellSettled(eventId: string): void {
    this.settled.add(eventId);
    this.schedule();
  }

  tellTold(runs: ToldRun[]): void {
    for (const { runId, eventId } of runs) this.told.set(runId, eventId);
    this.schedule();
  }

  tellPaused(): void {
    this.pauseAsked = true;
    this.schedule();
  }

  tellSecrets(): void {
    this.secretsChanged = true;
    this.schedule();
  }

  async stop(): Promise<void> {
    this.closed = true;
    clearInterval(this.probeTimer ?? undefined);
    clearTimeout(this.reconnectTimer ?? undefined);
    clearTimeout(this.nudge ?? undefined);
    this.sendNudge();
    await this.sending;
    const client = this.client;
    this.client = null;
    this.up = false;
    await client?.end().catch(() => undefined);
  }

  private schedule(): void {
    if (this.nudge || this.closed) return;
    const wait = Math.max(0, this.lastNudge + NUDGE_MS - performance.now());
    this.nudge = setTimeout(() => this.sendNudge(), wait);
  }

  private sendNudge(): void {
    this.nudge = null;
    this.lastNudge = performance.now();
    const settled = [...this.settled];
    const fed = [...this.fed];
    const told = [...this.told];
    this.settled.clear();
    this.fed.clear();
    this.told.clear();
    if (this.pauseAsked) this.send({ from: this.self, paused: true });
    this.pauseAsked = false;
    if (this.secretsChanged) this.send({ from: this.self, secrets: true });
    this.secretsChanged = false;
    if (fed.length > 0) this.send({ from: this.self, fed: fed.slice(0, IDS_PER_MESSAGE) });
    for (let start = 0; start < settled.length; start += IDS_PER_MESSAGE) {
      this.send({ from: this.self, settled: settled.slice(start, start + IDS_PER_MESSAGE) });
    }
    for (let start = 0; start < told.length; start += RUNS_PER_MESSAGE) {
      this.send({ from: this.self, told: told.slice(start, start + RUNS_PER_MESSAGE) });
    }
  }

  private send(message: Message): void {
    const client = this.client;
    if (!client) return;
    this.sending = this.sending
      .then(() => client.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify(message)]))
      .then(undefined, (error: unknown) => this.lose(client, error));
  }

  private receive(text: string | undefined): void {
    const message = JSON.parse(text ?? '{}') as Message;
    if (message.probe !== undefined) {
      if (message.from === this.self && message.probe === this.probe?.number) {
        this.probe = null;
        this.up = true;
        if (this.failures > 0) this.on.warn('Notifications are back.');
        this.failures = 0;
      }
      return;
    }
    if (message.settled) this.on.settled(message.settled);
    // What this process told, it told its own readers already.
    if (message.told && message.from !== this.self) {
      this.on.told(message.told.map(([runId, eventId]) => ({ runId, eventId })));
    }
    if (message.paused && message.from !== this.self) this.on.paused();
    if (message.secrets && message.from !== this.self) this.on.secrets();
    // Our own publishes woke us before they were notified.
    if (message.fed && message.from !== this.self) this.on.fed();
  }

  // Half-open connections send no error: only a notification that does not come back gives them away.
  private sendProbe(): void {
    const client = this.client;
    if (!client) return;
    if (this.probe && performance.now() - this.probe.sentAt >= PROBE_MS) {
      this.lose(client, new Error('a probe did not come back'));
      return;
    }
    this.probe ??= { number: (this.probes += 1), sentAt: performance.now() };
    this.send({ from: this.self, probe: this.probe.number });
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'reflex:listener',
    });
    client.on('error', (error) => this.lose(client, error));
    client.on('end', () => this.lose(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => this.receive(payload));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      client.end().catch(() => undefined);
      this.retry(error);
      return;
    }
    if (this.closed) {
      await client.end().catch(() => undefined);
      return;
    }
    this.client = client;
    this.probe = null;
    // Not yet well: connecting works also where notifying does not, as with a queue of notifications that is full.
    this.sendProbe();
    // Whatever was notified meanwhile is lost: look once.
    if (this.failures > 0) {
      this.on.fed();
      this.on.paused();
      this.on.secrets();
    }
  }

  private lose(client: Client, error: unknown): void {
    if (this.client !== client) return;
    this.client = null;
    this.up = false;
    this.probe = null;
    client.end().catch(() => undefined);
    this.retry(error);
  }

  private retry(error: unknown): void {
    if (this.closed) return;
    this.failures += 1;
    if (this.failures === 1) {
      this.on.warn(`Notifications stopped (${String(error)}): work is found by polling until they are back.`);
    }
    const wait = backoffMs(this.failures, { baseMs: 100, maxMs: 5_000 });
    this.reconnectTimer = setTimeout(() => void this.connect(), wait);
    this.reconnectTimer.unref();
  }
}
