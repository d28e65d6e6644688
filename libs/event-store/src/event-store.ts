import type { CausationGraph, Pauses } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import type { EntityManager } from 'typeorm';
import type { Approvals } from './approvals';
import type { Backlog, BacklogBounds } from './backlog';
import type { Budgets } from './budgets';
import type { DelayOptions } from './delay';
import type { Delivery, DeliveryKey, StoredEvent } from './delivery';
import type { DeadLetters } from './dead-letters';
import type { EffectLedger } from './effects';
import type { EventWaits } from './waits';
import type { EventPage, EventSearch, EventWithDeliveries } from './event-search';
import type { History } from './history';
import type { Operations } from './operation';
import type { RunStreams } from './run-streams';
import type { RunPage, RunRecord, RunSearch } from './run-search';
import type { RunStatsPage, RunStatsSearch } from './run-stats';
import type { SecretStore } from './secret-store';
import type { Settlement } from './settlement';
import type { Situation } from './situation';
import { subscription, type Received, type SubscribeOptions } from './subscription';
import type { RegisteredTrigger, TriggerDefinition } from './trigger-definition';

/** With a delay the event is in the log at once; its deliveries wait, also over restarts. */
export interface PublishOptions extends DelayOptions {
  /** Same key and same body answers the first id again; same key with another body throws `IdempotencyConflict`. */
  idempotencyKey?: string;
  /** Publish inside the caller's own transaction: the events exist if and only if it commits. */
  transaction?: EntityManager;
}

export interface Published {
  id: string;
  /** True when the key or id was stored before; `id` is then the first one. */
  duplicate: boolean;
}

/** How many claim units a trigger may get: single deliveries, or runs of one scope. */
export interface SlotRequest {
  triggerId: number;
  slots: number;
}

export interface Claim {
  /** The database's clock at the claim. */
  now: Date;
  /** Each inner list is to be worked on in order, by one worker: one delivery, or a short run of one scope. */
  runs: Delivery[][];
}

/** What wakes parked deliveries: one of them by name, or the key that any number wait for. */
export type Wake = DeliveryKey | { waitsFor: string };

/** Room for deliveries of events that this process publishes itself, see `EventStore.handOverTo`. */
export interface Offer {
  wanted: SlotRequest[];
  /** Called once, with what the offer brought, be it nothing. */
  take(claim: Claim): void;
}

/** This process's right to work on deliveries. */
export interface Lease {
  workerId: number;
  /** Aborted when the process could not renew in time: others may take over, so all handlers must stop. */
  lost: AbortSignal;
  /** Gives back the right; call it when no delivery is in work any more. */
  close(): Promise<void>;
}

/** The durable log, its fan-out to triggers, and the life of each delivery. */
export abstract class EventStore {
  /** Stores events and their deliveries; durable when it answers. Sets `id` on each event. */
  abstract publish(events: BaseEvent | BaseEvent[], options?: PublishOptions): Promise<Published[]>;

  /** Upserts by name; triggers that this app no longer has are retired once no live worker serves them. */
  abstract registerTriggers(definitions: TriggerDefinition[]): Promise<RegisteredTrigger[]>;
  abstract triggers(): Promise<RegisteredTrigger[]>;
  abstract setPaused(trigger: string, paused: boolean): Promise<void>;

  /** Starts the heartbeat and the sweeps. Deliveries can be claimed only under a lease. */
  abstract openLease(): Promise<Lease>;
  /** Takes claimable deliveries; nobody else sees them until they settle or the lease ends. */
  abstract claim(wanted: SlotRequest[]): Promise<Claim>;
  /**
   * Lets publishes of this process hand deliveries over as soon as they are committed, as if they had been claimed: no
   * second round trip. `offer` is asked at each publish; it should offer only what no earlier delivery waits for.
   */
  abstract handOverTo(offer: () => Offer | null): () => void;
  /** Ends an attempt; throws `StaleLease`, having changed nothing, when the delivery is no longer ours. */
  abstract settle(settlement: Settlement): Promise<void>;
  /** Gives deliveries back untouched: no attempt is counted, order is kept. */
  abstract release(deliveries: Delivery[]): Promise<void>;
  /**
   * Makes parked deliveries claimable again, also those that are just being parked. One in work that then parks runs again
   * at once: it may have looked before. In a transaction it happens when that commits.
   */
  abstract wake(whom: Wake | Wake[], options?: { transaction?: EntityManager }): Promise<void>;
  /** Calls back when there may be work: after a publish here, a notification from elsewhere, a due retry. A hint only. */
  abstract onWork(wake: () => void): () => void;

  /**
   * Calls back with the ids of events from WebSockets (source `ws:*`) of which a run was settled, by whichever process.
   * A hint only: read the runs to know, and poll as well.
   */
  abstract onSettled(listener: (eventIds: string[]) => void): () => void;

  /**
   * Deliveries as an async iterator, for loops in plain code: `for await (const { event, ack } of store.subscribe({ name }))`.
   * Takes the events published from its first call on; leaving the loop gives back what was not settled.
   */
  subscribe(options: SubscribeOptions): AsyncGenerator<Received, void, void> {
    return subscription(this, options);
  }

  abstract find(id: string): Promise<EventWithDeliveries | null>;
  /** What caused the event and all that followed from it; cut at the limits, by default `GRAPH_LIMITS`. */
  abstract graph(id: string, limits?: { depth: number; nodes: number }): Promise<CausationGraph | null>;
  /** What a worker would find for this event; throws `UnknownTrigger`. A known scope is taken as it is. */
  abstract situation(trigger: string, event: StoredEvent, scope?: string | null): Promise<Situation>;
  abstract search(search: EventSearch): Promise<EventPage>;
  /** Events in the order of the log, newest last, read in pages. */
  abstract read(search: Omit<EventSearch, 'cursor' | 'limit'>): AsyncIterable<StoredEvent>;
  abstract searchRuns(search: RunSearch): Promise<RunPage>;
  abstract findRun(id: string): Promise<RunRecord | null>;
  /** Adds up runs over a window of time; it reads all of them, so keep it short. */
  abstract runStats(search: RunStatsSearch): Promise<RunStatsPage>;
  abstract readonly budgets: Budgets;
  abstract readonly deadLetters: DeadLetters;
  abstract readonly effects: EffectLedger;
  abstract readonly streams: RunStreams;
  abstract readonly approvals: Approvals;
  abstract readonly operations: Operations;
  abstract readonly history: History;
  abstract readonly waits: EventWaits;
  abstract readonly pauses: Pauses;
  abstract readonly secrets: SecretStore;

  /** Live counts for health and metrics. */
  abstract stats(): Promise<StoreStats>;
  /** What waits for each active trigger, and which sources are beyond their bound. */
  abstract backlog(bounds: BacklogBounds): Promise<Backlog>;
}

export interface StoreStats {
  /** Claimable or waiting in a scope. */
  pending: number;
  processing: number;
  /** Waiting for a retry. */
  scheduled: number;
  /** Waiting for something outside. */
  parked: number;
  deadLetters: number;
  oldestPendingSeconds: number | null;
  /** Deliveries held by processes that no longer beat. */
  stuck: number;
  liveWorkers: number;
  /** The notification channel is up; when false, work is found by polling. */
  notify: boolean;
  /** How full the queue of notifications is, 0 to 1; a session that listens inside a transaction fills it. */
  notifyQueueUsage: number;
  /** Age of the oldest transaction whose snapshot keeps deleted rows from being cleaned up; `null` for none. */
  oldestTransactionSeconds: number | null;
  /** Days to come of which the log has its partitions already; normally 7. */
  partitionDaysAhead: number;
}
