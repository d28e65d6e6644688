import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ServerFrame } from '@reflex/core';
import { EventStore, type DeliveryStatus, type RunRecord } from '@reflex/event-store';
import type { Connection } from './connection';
import { RealtimeOptions } from './realtime-options';

/** An event of a connection for which more answers may come. */
interface Watch {
  eventId: string;
  connection: Connection;
  sentRuns: Set<string>;
  waitMs: number;
  lookAt: number;
  giveUpAt: number;
}

const MAX_WATCHES_PER_CONNECTION = 256;
const MAX_LOOKS_AT_ONCE = 8;
const MAX_RECENT_HINTS = 2_000;
const LONGEST_WAIT_MS = 30_000;
const GIVE_UP_AFTER_MS = 60 * 60_000;
const UNFINISHED: ReadonlySet<DeliveryStatus> = new Set(['pending', 'processing', 'parked', 'failed']);

/**
 * Brings the outcome of runs to the connection whose message caused them. The run may have been made by any process, so
 * the database is asked: at once after a hint, otherwise ever more rarely.
 */
@Injectable()
export class Replies implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watches = new Map<string, Watch>();
  private readonly byConnection = new Map<Connection, Set<string>>();
  private readonly due = new Set<string>();
  private readonly recentHints = new Set<string>();
  private readonly logger = new Logger(Replies.name);
  private looking = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopHints: (() => void) | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly options: RealtimeOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.stopHints = this.store.onSettled((eventIds) => this.hint(eventIds));
    this.timer = setInterval(() => this.sweep(performance.now()), this.options.pollEveryMs / 2).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stopHints?.();
    this.due.clear();
    this.watches.clear();
  }

  /** From now on sends the answers to this event to the connection; with `resent`, also those that exist already. */
  watch(eventId: string, connection: Connection, resent: boolean): void {
    if (!connection.isOpen) return;
    const now = performance.now();
    const waitMs = this.options.pollEveryMs;
    // Of a resent message the newest connection gets the answers: the older one is most likely dead.
    this.drop(eventId);
    this.watches.set(eventId, {
      eventId,
      connection,
      sentRuns: new Set(),
      waitMs,
      lookAt: now + waitMs,
      giveUpAt: now + GIVE_UP_AFTER_MS,
    });
    this.ownedBy(connection).add(eventId);
    // The trigger may have been faster than the answer to our own publish.
    if (resent || this.recentHints.has(eventId)) this.lookSoon(eventId);
  }

  forget(connection: Connection): void {
    for (const eventId of this.byConnection.get(connection) ?? []) this.watches.delete(eventId);
    this.byConnection.delete(connection);
  }

  private hint(eventIds: string[]): void {
    for (const eventId of eventIds) {
      if (this.watches.has(eventId)) this.lookSoon(eventId);
      else this.remember(eventId);
    }
  }

  private remember(eventId: string): void {
    this.recentHints.add(eventId);
    if (this.recentHints.size <= MAX_RECENT_HINTS) return;
    for (const oldest of this.recentHints) return void this.recentHints.delete(oldest);
  }

  private sweep(now: number): void {
    for (const watch of this.watches.values()) {
      if (watch.giveUpAt <= now) this.drop(watch.eventId);
      if (watch.lookAt > now) continue;
      watch.waitMs = Math.min(watch.waitMs * 2, LONGEST_WAIT_MS);
      watch.lookAt = now + watch.waitMs;
      this.lookSoon(watch.eventId);
    }
  }

  private lookSoon(eventId: string): void {
    this.due.add(eventId);
    this.lookOn();
  }

  private lookOn(): void {
    for (const eventId of this.due) {
      if (this.looking >= MAX_LOOKS_AT_ONCE) return;
      this.due.delete(eventId);
      const watch = this.watches.get(eventId);
      if (watch === undefined) continue;
      this.looking += 1;
      void this.look(watch).finally(() => {
        this.looking -= 1;
        this.lookOn();
      });
    }
  }

  private async look(watch: Watch): Promise<void> {
    try {
      // In this order: when all deliveries are done by then, the runs read afterwards are all there will be.
      const event = await this.store.find(watch.eventId);
      const { items } = await this.store.searchRuns({ eventId: watch.eventId });
      if (this.watches.get(watch.eventId) !== watch) return;
      for (const run of items.toReversed()) this.answer(watch, run);
      const unfinished = event?.deliveries.some((delivery) => UNFINISHED.has(delivery.status)) ?? false;
      if (!unfinished) this.drop(watch.eventId);
    } catch (error) {
      // The next look comes by itself, so the client only waits longer.
      this.logger.warn(`Could not look for answers to event ${watch.eventId}: ${String(error)}`);
    }
  }

  private answer(watch: Watch, run: RunRecord): void {
    if (watch.sentRuns.has(run.id)) return;
    watch.sentRuns.add(run.id);
    const frame = answerOf(run);
    if (frame) watch.connection.send(frame);
  }

  private ownedBy(connection: Connection): Set<string> {
    let owned = this.byConnection.get(connection);
    if (!owned) this.byConnection.set(connection, (owned = new Set()));
    if (owned.size >= MAX_WATCHES_PER_CONNECTION) this.drop(owned.values().next().value!);
    return owned;
  }

  private drop(eventId: string): void {
    const watch = this.watches.get(eventId);
    if (!watch) return;
    this.watches.delete(eventId);
    this.byConnection.get(watch.connection)?.delete(eventId);
  }
}

function answerOf(run: RunRecord): ServerFrame | null {
  const about = { event_id: run.eventId, trigger: run.trigger };
  if (run.outcome === 'completed' && run.result !== undefined && run.result !== null) {
    return { type: 'reply', ...about, content: run.result };
  }
  if (run.outcome !== 'dead_letter') return null;
  // The error's own text may quote SQL, prompts or addresses; the operator reads it in the dead letter.
  const message = `"${run.trigger}" gave up on this message. An operator can retry it; its id is ${run.eventId}.`;
  return { type: 'error', ...about, error: { code: run.error?.code ?? 'dead_letter', message } };
}
