import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventStore, type DeliveryStatus, type RunRecord, type ToldRun } from '@reflex/event-store';
import type { Connection } from '../connection';
import { RealtimeOptions } from '../realtime-options';
import { answerOf } from './answer';
import { Relay } from './relay';
import { RunFollower, type Following } from './run-follower';

/** An event of a connection for which more answers may come. */
interface Watch {
  eventId: string;
  connection: Connection;
  sentRuns: Set<string>;
  /** Runs whose text and tools are sent as they come; each is answered when all of it was. */
  followed: Map<string, Following>;
  /** Up to which frame of each run the client has what it was told. */
  after: Record<string, number>;
  waitMs: number;
  lookAt: number;
  giveUpAt: number;
}

const MAX_WATCHES_PER_CONNECTION = 256;
const MAX_LOOKS_AT_ONCE = 8;
const MAX_RECENT_HINTS = 2_000;
const MAX_FOLLOWED = 32;
const LONGEST_WAIT_MS = 30_000;
const GIVE_UP_AFTER_MS = 60 * 60_000;
const UNFINISHED: ReadonlySet<DeliveryStatus> = new Set(['pending', 'processing', 'parked', 'failed']);

/**
 * Brings what runs tell and how they end to the connection whose message caused them. The run may be made by any process, so
 * the database is asked: at once after a hint, otherwise ever more rarely. For one connection one event at a time is looked
 * at, in the order in which their runs ended, and so the answers come.
 */
@Injectable()
export class Replies implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watches = new Map<string, Watch>();
  private readonly byConnection = new Map<Connection, Set<string>>();
  private readonly due = new Set<string>();
  private readonly recentHints = new Set<string>();
  private readonly lookedAt = new Set<Connection>();
  private readonly logger = new Logger(Replies.name);
  private timer: NodeJS.Timeout | undefined;
  private stopHints: (() => void)[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly options: RealtimeOptions,
    private readonly runs: RunFollower,
  ) {}

  onApplicationBootstrap(): void {
    this.stopHints = [
      this.store.onSettled((eventIds) => this.hint(eventIds)),
      this.store.streams.onTold((runs) => this.told(runs)),
    ];
    this.timer = setInterval(() => this.sweep(performance.now()), this.options.pollEveryMs / 2).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const stop of this.stopHints) stop();
    this.due.clear();
    for (const eventId of this.watches.keys()) this.drop(eventId);
  }

  /**
   * From now on sends the answers to this event to the connection; with `resent`, also those that exist already, without what
   * the client has: up to the frame `after` of each run.
   */
  watch(
    eventId: string,
    connection: Connection,
    { resent, after = {} }: { resent: boolean; after?: Record<string, number> },
  ): void {
    if (!connection.isOpen) return;
    const now = performance.now();
    const waitMs = this.options.pollEveryMs;
    // Of a resent message the newest connection gets the answers: the older one is most likely dead.
    this.drop(eventId);
    this.watches.set(eventId, {
      eventId,
      connection,
      sentRuns: new Set(),
      followed: new Map(),
      after,
      waitMs,
      lookAt: now + waitMs,
      giveUpAt: now + GIVE_UP_AFTER_MS,
    });
    this.ownedBy(connection).add(eventId);
    // The trigger may have been faster than the answer to our own publish.
    if (resent || this.recentHints.has(eventId)) this.lookSoon(eventId);
  }

  forget(connection: Connection): void {
    for (const eventId of this.byConnection.get(connection) ?? []) this.drop(eventId);
    this.byConnection.delete(connection);
  }

  private hint(eventIds: string[]): void {
    for (const eventId of eventIds) {
      if (this.watches.has(eventId)) this.lookSoon(eventId);
      else this.remember(eventId);
    }
  }

  private told(runs: ToldRun[]): void {
    for (const { runId, eventId } of runs) {
      const watch = this.watches.get(eventId);
      if (watch) this.follow(watch, runId);
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
      if (this.lookedAt.size >= MAX_LOOKS_AT_ONCE) return;
      const watch = this.watches.get(eventId);
      if (watch && this.lookedAt.has(watch.connection)) continue;
      this.due.delete(eventId);
      if (watch === undefined) continue;
      this.lookedAt.add(watch.connection);
      void this.look(watch).finally(() => {
        this.lookedAt.delete(watch.connection);
        this.lookOn();
      });
    }
  }

  private async look(watch: Watch): Promise<void> {
    try {
      // In this order: when all deliveries are done by then, the runs read afterwards are all there will be.
      const event = await this.store.find(watch.eventId);
      const { items } = await this.store.searchRuns({ eventId: watch.eventId });
      const unfinished = event?.deliveries.some((delivery) => UNFINISHED.has(delivery.status)) ?? false;
      // Runs of agents alone tell anything.
      const mayTell = unfinished || items.some((run) => run.usage && !watch.sentRuns.has(run.id));
      const told = mayTell ? await this.store.streams.ofEvent(watch.eventId) : [];
      if (this.watches.get(watch.eventId) !== watch) return;
      for (const { runId } of told) this.follow(watch, runId);
      for (const run of items.toReversed()) if (!watch.followed.has(run.id)) this.answer(watch, run);
      if (!unfinished && watch.followed.size === 0) this.drop(watch.eventId);
    } catch (error) {
      // The next look comes by itself, so the client only waits longer.
      this.logger.warn(`Could not look for answers to event ${watch.eventId}: ${String(error)}`);
    }
  }

  private follow(watch: Watch, runId: string): void {
    if (watch.followed.has(runId) || watch.sentRuns.has(runId) || watch.followed.size >= MAX_FOLLOWED) return;
    const relay = new Relay(watch.connection, (run) => {
      watch.followed.delete(runId);
      watch.sentRuns.add(runId);
      const frame = run && answerOf(run);
      if (frame) watch.connection.send(frame);
      this.lookSoon(watch.eventId);
    });
    watch.followed.set(runId, this.runs.follow(runId, watch.after[runId] ?? 0, relay));
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
    for (const following of watch.followed.values()) following.stop();
    this.watches.delete(eventId);
    this.byConnection.get(watch.connection)?.delete(eventId);
  }
}
