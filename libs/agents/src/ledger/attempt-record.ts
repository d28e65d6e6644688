import { randomUUID } from 'node:crypto';
import type { RunLedger } from '@reflex/core';
import type { CurrentRun } from '@reflex/observability';
import { CallKeys, type TakenKey } from './call-keys';

/** What all agents in one attempt share: the ledger, and keys that count their equal calls together. */
export class AttemptRecord {
  private static readonly ofRun = new WeakMap<CurrentRun, AttemptRecord>();
  private readonly keys = new CallKeys();
  private readonly eventId: string;
  private runsOfAgents = 0;

  private constructor(private readonly run: CurrentRun | undefined) {
    this.eventId = run?.eventId ?? randomUUID();
  }

  /** Outside of an attempt nothing is shared and nothing is recorded. */
  static of(run: CurrentRun | undefined): AttemptRecord {
    const known = run && this.ofRun.get(run);
    if (known) return known;
    const record = new AttemptRecord(run);
    if (run) this.ofRun.set(run, record);
    return record;
  }

  get ledger(): RunLedger | undefined {
    return this.run?.ledger;
  }

  async keyOfCall(agent: string, tool: string, input: unknown): Promise<TakenKey> {
    const replay = (await this.ledger?.replay()) ?? 0;
    return this.keys.next({ eventId: this.eventId, trigger: this.run?.trigger ?? '', agent, tool, input, replay });
  }

  /** From 1; an attempt that goes the same way counts in the same way. */
  nextRunOfAgent(): number {
    return (this.runsOfAgents += 1);
  }

  keyOfQuestion(question: unknown): string {
    return this.keys.question(question).key;
  }
}
