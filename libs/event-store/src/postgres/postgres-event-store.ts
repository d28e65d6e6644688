import { Logger } from '@nestjs/common';
import type { CausationGraph } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import { currentRun } from '@reflex/observability';
import type { DataSource, EntityManager } from 'typeorm';
import type { Backlog, BacklogBounds } from '../backlog';
import type { Delivery, StoredEvent } from '../delivery';
import { LeaseLost, NothingPublished, StaleLease } from '../errors';
import type { EventPage, EventSearch, EventWithDeliveries } from '../event-search';
import {
  EventStore,
  type Claim,
  type Lease,
  type Offer,
  type PublishOptions,
  type Published,
  type SlotRequest,
  type StoreStats,
  type Wake,
} from '../event-store';
import type { RunPage, RunRecord, RunSearch } from '../run-search';
import type { RunStatsPage, RunStatsSearch } from '../run-stats';
import type { Settlement } from '../settlement';
import type { Situation } from '../situation';
import type { RegisteredTrigger, TriggerDefinition } from '../trigger-definition';
import { readBacklog } from './backlog-reader';
import { CausationReader } from './causation-reader';
import { Claimer } from './claimer';
import { poolOf } from './data-source';
import { EventReader } from './event-reader';
import { HandOver } from './hand-over';
import { Hints } from './hints';
import { Listener } from './listener';
import { Maintenance } from './maintenance';
import { reachable } from './outage';
import { PostgresApprovals } from './postgres-approvals';
import { PostgresBudgets } from './postgres-budgets';
import { PostgresDeadLetters } from './postgres-dead-letters';
import { PostgresEffects } from './postgres-effects';
import { PostgresHistory } from './postgres-history';
import { PostgresOperations } from './postgres-operations';
import { PostgresPauses } from './postgres-pauses';
import { PostgresRunStreams } from './postgres-run-streams';
import { PostgresSecrets } from './postgres-secrets';
import { PostgresWaits } from './postgres-waits';
import { Publisher } from './publisher';
import { STATS } from './queries';
import { RunStatsReader } from './run-stats-reader';
import { Settler } from './settler';
import { SituationReader } from './situation-reader';
import { readStrain } from './strain';
import { resolveStoreOptions, type PostgresStoreOptions, type ResolvedStoreOptions } from './store-options';
import { Tenancy } from './tenancy';
import { TriggerTable } from './trigger-table';
import { Waker } from './waker';

/** SQLSTATE of `reflex.claim` for a process whose lease was taken away. */
const NO_LEASE = 'RX001';

/** The event store on PostgreSQL: one pool, one connection that listens, and one that beats while a lease is open. */
export class PostgresEventStore extends EventStore {
  readonly deadLetters: PostgresDeadLetters;
  readonly effects: PostgresEffects;
  readonly approvals: PostgresApprovals;
  readonly budgets: PostgresBudgets;
  readonly operations: PostgresOperations;
  readonly history: PostgresHistory;
  readonly streams: PostgresRunStreams;
  readonly waits: PostgresWaits;
  readonly pauses: PostgresPauses;
  readonly secrets: PostgresSecrets;
  private readonly logger = new Logger('EventStore');
  private readonly options: ResolvedStoreOptions;
  private readonly work = new Hints<void>();
  private readonly settled = new Hints<string[]>();
  private readonly triggerTable: TriggerTable;
  private readonly handOver: HandOver;
  private readonly publisher: Publisher;
  private readonly claimer: Claimer;
  private readonly settler: Settler;
  private readonly waker: Waker;
  private readonly reader: EventReader;
  private readonly causation: CausationReader;
  private readonly situations: SituationReader;
  private readonly listener: Listener;
  private readonly tenancy: Tenancy;

  constructor(
    readonly dataSource: DataSource,
    options: PostgresStoreOptions,
  ) {
    super();
    this.options = resolveStoreOptions(options);
    const pool = poolOf(dataSource);
    this.triggerTable = new TriggerTable(pool, this.options.app);
    this.handOver = new HandOver({
      workerId: () => this.tenancy.workerId,
      triggers: this.triggerTable,
      runLength: this.options.runLength,
      claimer: () => this.claimer,
      warn: (error) => this.logger.warn(`Deliveries could not be begun and go back: ${String(error)}`),
    });
    this.publisher = new Publisher(
      pool,
      this.handOver,
      this.options,
      (triggerIds) => this.published(triggerIds),
      (ms) => this.due(ms),
    );
    this.settler = new Settler(pool, dataSource, this.publisher, this.options.contextEvents, () => this.work.emit());
    this.tenancy = new Tenancy({
      heartbeat: () => {
        const { url, app, leaseMs } = this.options;
        return { url, app, leaseMs, triggerIds: this.triggerTable.ownIds };
      },
      served: () => this.triggerTable.ownIds,
      sweeps: (workerId) => this.sweeps(workerId),
      settled: () => this.settler.idle(),
    });
    this.waker = new Waker(pool, () => this.stir());
    this.claimer = new Claimer(pool, this.triggerTable, this.options, (deliveries) => this.settler.release(deliveries));
    this.reader = new EventReader(pool);
    this.causation = new CausationReader(pool);
    this.situations = new SituationReader(pool, this.options.contextEvents);
    this.deadLetters = new PostgresDeadLetters(pool, () => this.fed([]));
    this.effects = new PostgresEffects(pool, () => this.stir());
    this.approvals = new PostgresApprovals(pool, () => this.stir());
    this.budgets = new PostgresBudgets(pool, () => this.stir());
    this.operations = new PostgresOperations(pool, () => this.fed([]));
    this.streams = new PostgresRunStreams(pool, (runs) => this.listener.tellTold(runs));
    this.waits = new PostgresWaits(pool);
    const isTold = (): boolean => this.options.notify && this.listener.healthy;
    this.pauses = new PostgresPauses(pool, () => this.listener.tellPaused(), isTold);
    this.secrets = new PostgresSecrets(pool, this.options.secretKeys, () => this.listener.tellSecrets(), isTold);
    this.history = new PostgresHistory(pool, this.options.contextEvents);
    this.listener = new Listener(this.options.url, {
      fed: () => this.work.emit(),
      settled: (eventIds) => this.settled.emit(eventIds),
      told: (runs) => this.streams.hint(runs),
      paused: () => void this.pauses.read(),
      secrets: () => void this.secrets.read(),
      warn: (message) => this.logger.warn(message),
    });
  }

  /** Starts listening. The schema is up to date by then. */
  async start(): Promise<void> {
    if (this.options.notify) await this.listener.start();
  }

  /** Waits for what is under way and lets go of the connections; the data source is its owner's to close. */
  async stop(): Promise<void> {
    await this.tenancy.close();
    await this.publisher.idle();
    await this.settler.idle();
    await this.streams.stop();
    await this.pauses.stop();
    await this.secrets.stop();
    await this.listener.stop();
  }

  async publish(events: BaseEvent | BaseEvent[], options?: PublishOptions): Promise<Published[]> {
    if (currentRun()?.rehearsal) throw new NothingPublished();
    return this.publisher.publish(Array.isArray(events) ? events : [events], options);
  }

  registerTriggers(definitions: TriggerDefinition[]): Promise<RegisteredTrigger[]> {
    return this.triggerTable.register(definitions);
  }

  triggers(): Promise<RegisteredTrigger[]> {
    return this.triggerTable.list();
  }

  async setPaused(trigger: string, paused: boolean): Promise<void> {
    await this.triggerTable.setPaused(trigger, paused);
    if (!paused) this.fed([]);
  }

  openLease(): Promise<Lease> {
    return this.tenancy.open();
  }

  async claim(wanted: SlotRequest[]): Promise<Claim> {
    const { heartbeat } = this.tenancy;
    if (!heartbeat) throw new LeaseLost();
    try {
      return await this.claimer.claim(heartbeat.workerId, wanted);
    } catch (error) {
      if ((error as { code?: unknown }).code !== NO_LEASE) throw error;
      heartbeat.lose();
      throw new LeaseLost();
    }
  }

  handOverTo(offer: () => Offer | null): () => void {
    return this.handOver.to(offer);
  }

  settle(settlement: Settlement): Promise<void> {
    return this.settler.settle(settlement).then(
      () => this.afterSettling(settlement),
      (error: unknown) => {
        if (error instanceof StaleLease) this.claimer.forget(settlement.delivery);
        throw error;
      },
    );
  }

  async release(deliveries: Delivery[]): Promise<void> {
    await this.settler.release(deliveries);
    for (const delivery of deliveries) this.claimer.forget(delivery);
    this.fed([]);
  }

  wake(whom: Wake | Wake[], options: { transaction?: EntityManager } = {}): Promise<void> {
    return this.waker.wake(Array.isArray(whom) ? whom : [whom], options.transaction);
  }

  onWork(wake: () => void): () => void {
    return this.work.add(wake);
  }

  onSettled(listener: (eventIds: string[]) => void): () => void {
    return this.settled.add(listener);
  }

  find(id: string): Promise<EventWithDeliveries | null> {
    return this.reader.find(id);
  }

  graph(id: string, limits?: { depth: number; nodes: number }): Promise<CausationGraph | null> {
    return this.causation.graph(id, limits);
  }

  situation(trigger: string, event: StoredEvent, scope?: string | null): Promise<Situation> {
    return this.situations.situation(trigger, event, scope);
  }

  search(search: EventSearch): Promise<EventPage> {
    return this.reader.search(search);
  }

  read(search: Omit<EventSearch, 'cursor' | 'limit'>): AsyncIterable<StoredEvent> {
    return this.reader.read(search);
  }

  searchRuns(search: RunSearch): Promise<RunPage> {
    return this.reader.searchRuns(search);
  }

  findRun(id: string): Promise<RunRecord | null> {
    return this.reader.findRun(id);
  }

  runStats(search: RunStatsSearch): Promise<RunStatsPage> {
    return new RunStatsReader(poolOf(this.dataSource)).stats(search);
  }

  async stats(): Promise<StoreStats> {
    const pool = poolOf(this.dataSource);
    const { rows } = await reachable(() => pool.query(STATS, [this.options.leaseMs]));
    const row = rows[0] as Record<string, number>;
    return {
      pending: row['claimable']! + row['waiting']!,
      processing: row['processing']!,
      scheduled: row['scheduled']!,
      parked: row['parked']!,
      deadLetters: row['dead_letters']!,
      oldestPendingSeconds: row['oldest_seconds'] ?? null,
      stuck: row['stuck']!,
      liveWorkers: row['workers']!,
      notify: this.options.notify && this.listener.healthy,
      ...(await readStrain(pool)),
    };
  }

  backlog(bounds: BacklogBounds): Promise<Backlog> {
    return readBacklog(poolOf(this.dataSource), bounds);
  }

  // A 0 stands for deliveries that waited for one of the events.
  private published(triggerIds: number[]): void {
    this.fed(triggerIds);
    if (triggerIds.includes(0)) this.stir();
  }

  // Here at once, elsewhere by notification.
  private fed(triggerIds: number[]): void {
    this.work.emit();
    this.listener.tellFed(triggerIds.length > 0 ? triggerIds : [0]);
  }

  private afterSettling(settlement: Settlement): void {
    this.claimer.forget(settlement.delivery);
    const { delivery, retryInMs, context } = settlement;
    if (retryInMs !== undefined) this.due(retryInMs);
    // It may have been woken while it was being parked.
    if (settlement.outcome === 'parked') this.due(0);
    if (typeof context?.wakeInMs === 'number') this.due(context.wakeInMs);
    const { id: runId } = settlement.run;
    if (runId !== undefined && delivery.event) this.streams.ended({ runId, eventId: delivery.event.id });
    if (delivery.event?.source.startsWith('ws:')) {
      this.settled.emit([delivery.event.id]);
      this.listener.tellSettled(delivery.event.id);
    }
  }

  // Wakes what was called for: by the sweep of this process, or without one directly. Another sweep does it if this fails.
  private stir(): void {
    if (this.due(0)) return;
    this.waker.look().then(
      () => this.fed([]),
      () => undefined,
    );
  }

  private due(inMs: number): boolean {
    return this.tenancy.sweepWithin(inMs + 1);
  }

  private sweeps(workerId: () => number): Maintenance {
    return new Maintenance(
      poolOf(this.dataSource),
      this.options,
      workerId,
      () => this.fed([]),
      (error) => this.logger.warn(`A sweep failed and will run again: ${String(error)}`),
    );
  }
}
