import type { RunFrame, RunLedger, RunUsage } from '@reflex/core';
import { type CurrentRun, runWith } from '@reflex/observability';
import type { Delivery, RunStream, RunStreams, StoredEvent } from '@reflex/event-store';
import type { ReflexError } from '@reflex/core';
import { AttemptLedger, type LedgerStore } from './attempt-ledger';

/** One call of a handler: what agents and logs see of it, and how it is stopped. Most attempts need neither signal nor usage nor ledger, so these are made when asked for. */
export class Attempt implements CurrentRun {
  /** Why it was told to stop. */
  interruption: ReflexError | null = null;
  /** On the process's steady clock: when it is to be told to stop and, after that, when it is left behind. */
  dueAt: number;
  private controller: AbortController | null = null;
  private used: RunUsage | null = null;
  private record: RunLedger | null = null;
  private stream: RunStream | null = null;
  private leave: ((reason: unknown) => void) | null = null;

  constructor(
    private readonly delivery: Delivery,
    private readonly stored: StoredEvent,
    readonly timeoutMs: number,
    private readonly store: LedgerStore,
    private readonly streams: RunStreams,
  ) {
    this.dueAt = performance.now() + timeoutMs;
  }

  get trigger(): string {
    return this.delivery.trigger;
  }

  get scope(): string | null {
    return this.delivery.scope;
  }

  get eventId(): string {
    return this.stored.id;
  }

  get traceId(): string {
    return this.stored.meta.trace_id;
  }

  get correlationId(): string {
    return this.stored.meta.correlation_id;
  }

  get attempt(): number {
    return this.delivery.attempt;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.interruption) this.controller.abort(this.interruption);
    }
    return this.controller.signal;
  }

  get usage(): RunUsage {
    return (this.used ??= { input_tokens: 0, output_tokens: 0, tool_calls: [] });
  }

  get ledger(): RunLedger {
    return (this.record ??= new AttemptLedger(this.store, this.delivery));
  }

  tell(frame: RunFrame): void {
    this.stream ??= this.streams.open(this.delivery);
    this.stream.tell(frame);
  }

  /** No more is told from here on; answers the id of a run that told something. */
  toldAs(): Promise<string | undefined> | undefined {
    return this.stream?.end();
  }

  /** `undefined` when no agent asked for it. */
  get usageToKeep(): RunUsage | undefined {
    return this.used ?? undefined;
  }

  /** Calls the handler; what it does not return in time is left behind. */
  execute(handle: () => unknown): unknown {
    const result = runWith(this, handle);
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return result;
    return new Promise<unknown>((resolve, reject) => {
      this.leave = reject;
      (result as PromiseLike<unknown>).then(resolve, reject);
    });
  }

  /** Aborts the signal; the handler then has `graceMs` to return. */
  interrupt(reason: ReflexError, graceMs: number): void {
    if (this.interruption) return;
    this.interruption = reason;
    this.dueAt = performance.now() + graceMs;
    this.controller?.abort(reason);
  }

  /** Waits no longer. */
  leaveBehind(): void {
    this.leave?.(this.interruption);
  }
}
