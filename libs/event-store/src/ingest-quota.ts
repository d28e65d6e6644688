import type { Logger } from '@nestjs/common';
import { globMatcher, RetryLater } from '@reflex/core';
import { payloadOf, type BaseEvent } from '@reflex/events';
import type { Backlog, BacklogBounds, WaitingTrigger } from './backlog';
import { containsJson } from './contains-json';
import type { EventStore } from './event-store';

const LOOK_EVERY_MS = 1_000;
/** So many times as long as a look took, the next one waits at least. */
const REST = 20;
const COME_BACK_MS = 5_000;

/** A client wants to add to what waits already in great number. */
export class QuotaExceeded extends RetryLater {
  override readonly code = 'quota_exceeded';
  override readonly status = 429;

  constructor(
    readonly of: 'trigger' | 'source',
    name: string,
  ) {
    const many = of === 'trigger' ? `for the trigger "${name}"` : `of the source "${name.slice(0, 200)}"`;
    super(`Too many deliveries ${many} wait. Nothing was stored; send it again in a few seconds.`, COME_BACK_MS, {
      details: { of, name: name.slice(0, 200), retry_after_ms: COME_BACK_MS },
    });
  }
}

interface Full {
  trigger: WaitingTrigger;
  takes: (type: string) => boolean;
}

/**
 * Refuses what clients send while too much waits already. It looks at the backlog about once a second and judges by what it
 * saw last, so that admitting an event costs nothing: a bound is overrun by what comes in between two looks. What triggers,
 * timers and operators publish does not pass here: a chain that has begun goes on.
 */
export class IngestQuota {
  private full: Full[] = [];
  private fullSources = new Set<string>();
  private seen: Backlog = { triggers: [], fullSources: [] };
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;
  /** How often something was refused, and because of what. */
  readonly refused = { trigger: 0, source: 0 };

  constructor(
    private readonly store: EventStore,
    private readonly bounds: BacklogBounds,
    private readonly logger: Logger,
  ) {}

  /** What waited for each trigger at the last look, counted up to its bound. */
  get waiting(): readonly WaitingTrigger[] {
    return this.seen.triggers;
  }

  start(): void {
    this.looking = this.lookAndRest();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  /** Throws `QuotaExceeded` if one of the events may not come in now; then none of them may. */
  admit(events: readonly BaseEvent[]): void {
    if (this.full.length === 0 && this.fullSources.size === 0) return;
    for (const event of events) {
      if (this.fullSources.has(event.source)) throw this.refusal('source', event.source);
      const full = this.full.find((one) => concerns(one, event));
      if (full) throw this.refusal('trigger', full.trigger.name);
    }
  }

  private refusal(of: 'trigger' | 'source', name: string): QuotaExceeded {
    this.refused[of] += 1;
    return new QuotaExceeded(of, name);
  }

  private async lookAndRest(): Promise<void> {
    const began = performance.now();
    try {
      await this.look();
    } catch (error) {
      // What was seen last still holds as well as anything; nothing is stored without the database anyway.
      this.logger.debug(`The backlog could not be counted: ${String(error)}`);
    }
    if (this.stopped) return;
    const restMs = Math.max(LOOK_EVERY_MS, (performance.now() - began) * REST);
    this.timer = setTimeout(() => this.start(), restMs).unref();
  }

  private async look(): Promise<void> {
    this.seen = await this.store.backlog(this.bounds);
    this.fullSources = new Set(this.seen.fullSources);
    this.full = this.seen.triggers
      .filter(({ bound, waiting }) => bound !== null && waiting >= bound)
      .map((trigger) => ({ trigger, takes: globMatcher(trigger.types) }));
  }
}

function concerns({ trigger, takes }: Full, event: BaseEvent): boolean {
  if (!takes(event.type)) return false;
  return trigger.match === null || containsJson(JSON.parse(JSON.stringify(payloadOf(event))), trigger.match);
}
