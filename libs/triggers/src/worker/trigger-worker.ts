import { EventEmitter } from 'node:events';
import { backoffMs, Bell, UnderWay } from '@reflex/core';
import type { Claim, EventStore, Offer, RegisteredTrigger, SlotRequest, StoredEvent } from '@reflex/event-store';
import type { EventRegistry } from '@reflex/events';
import { DatabaseClock } from '../context/database-clock';
import type { Trigger } from '../trigger';
import type { TriggerRegistry } from '../trigger-registry';
import { Attempts } from './attempts';
import { FairShares } from './fair-shares';
import { Run } from './run';
import { SecondLooks } from './second-looks';
import { leaseLost, Session, shuttingDown } from './session';
import { Settling } from './settling';
import { WORKER_DEFAULTS, type WorkerOptions } from './worker-options';
import type { WorkerEvents } from './worker-events';

const BACKOFF = { baseMs: 100, maxMs: 2_000 };
/** Aborted by a shutdown, a handler gets no longer than this to return, in milliseconds. */
const LAST_GRACE_MS = 500;
/** For giving back and closing, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Outcomes under way to the store, per handler slot; beyond it nothing is claimed. */
const SETTLING_PER_SLOT = 4;

export interface TriggerWorkerInput {
  store: EventStore;
  events: EventRegistry;
  triggers: TriggerRegistry;
  options?: Partial<WorkerOptions>;
}

/**
 * Works on deliveries: claims what it has free slots for, runs filters, conditions and handlers, and settles the outcomes.
 * Losing the store or the lease makes it wait and go on, never end. Listeners of its events must not throw.
 */
export class TriggerWorker extends EventEmitter<WorkerEvents> {
  private readonly options: WorkerOptions;
  private readonly bell = new Bell();
  private readonly attempts: Attempts;
  private byId = new Map<number, Trigger>();
  private shares = new FairShares([], 1);
  private session: Session | null = null;
  private handling = 0;
  /** Slots that a publish under way may fill. */
  private reserved = 0;
  private readonly unfinished = new UnderWay();
  private loop: Promise<void> | null = null;
  private stopping = false;
  private wasIdle = false;
  private pollAt = 0;
  private readonly secondLooks = new SecondLooks();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly input: TriggerWorkerInput) {
    super();
    this.options = { ...WORKER_DEFAULTS, ...input.options };
    this.attempts = new Attempts(this.options.graceMs);
    // The store hints at a publish when it is made; follow-ups are there only now.
    this.on('settled', ({ followUps }) => followUps && this.hint());
  }

  /** Claim units in work: single deliveries, or runs of one scope. */
  get inWork(): number {
    return this.handling;
  }

  /** Claiming is possible: the loop runs and holds a lease. */
  get ready(): boolean {
    return this.session !== null && !this.session.over && !this.stopping;
  }

  /** Makes the triggers known to the store, so that publishers fan out to them. */
  async register(): Promise<void> {
    const registered = await this.announce();
    const ours = registered.filter(({ name }) => this.input.triggers.get(name));
    this.byId = new Map(ours.map(({ id, name }) => [id, this.input.triggers.get(name)!]));
    this.shares = new FairShares(ours, this.options.concurrency);
  }

  /** Registers the triggers and begins to work. */
  async start(): Promise<void> {
    await this.register();
    const { store } = this.input;
    const unsubscribe = [store.onWork(() => this.hint()), store.handOverTo(() => this.offer())];
    this.unsubscribe = () => unsubscribe.forEach((end) => end());
    this.loop = this.work();
  }

  /** Claims nothing more, lets handlers end for `drainMs`, gives back what is left and closes the lease. */
  async stop(): Promise<void> {
    if (!this.loop || this.stopping) return void (await this.loop);
    this.stopping = true;
    if (this.session) this.session.closing = true;
    this.emit('draining', this.attempts.size);
    this.unsubscribe?.();
    this.bell.ring();
    await within(this.options.drainMs, this.loopAndRuns());
    this.attempts.interruptAll(shuttingDown(), Math.min(this.options.graceMs, LAST_GRACE_MS));
    await within(FAREWELL_MS + LAST_GRACE_MS, this.loopAndRuns());
    this.session?.end();
    await within(FAREWELL_MS, this.loop);
    await within(FAREWELL_MS, this.session?.lease.close() ?? Promise.resolve());
    this.emit('drained');
  }

  private async work(): Promise<void> {
    for (let failures = 0; !this.stopping;) {
      try {
        await this.workUnderOneLease(() => (failures = 0));
      } catch (error) {
        failures += 1;
        this.emit('storeError', error);
        await this.bell.wait(backoffMs(Math.min(failures, 10), BACKOFF));
      }
    }
  }

  private async workUnderOneLease(worked: () => void): Promise<void> {
    const session = this.session?.over === false ? this.session : await this.openSession();
    while (!this.stopping && !session.lost) {
      this.lookWithoutHint();
      // By halves, so that the next claim is under way while handlers begin.
      const wanted = this.shares.plan(Math.min(this.freeSlots(), Math.ceil(this.options.concurrency / 2)));
      if (wanted.length === 0) {
        await this.rest();
        continue;
      }
      const claim = await this.input.store.claim(wanted);
      worked();
      this.beginSoon(claim, session);
      this.learn(wanted, claim);
    }
  }

  /** Room for what this process publishes itself. */
  private offer(): Offer | null {
    const { session } = this;
    const wanted = session && this.ready ? this.shares.offer(this.freeSlots()) : [];
    if (!session || wanted.length === 0) return null;
    const slots = wanted.reduce((sum, one) => sum + one.slots, 0);
    this.reserved += slots;
    return {
      wanted,
      take: (claim) => {
        this.reserved -= slots;
        this.begin(claim, session);
        if (this.shares.hungry) this.bell.ring();
      },
    };
  }

  private learn(wanted: SlotRequest[], { runs }: Claim): void {
    const got = new Map<number, number>();
    for (const [first] of runs) got.set(first!.triggerId, (got.get(first!.triggerId) ?? 0) + 1);
    this.shares.learn(wanted, got);
    // A throttle may be what ended it; nothing hints at the end of its window.
    for (const triggerId of got.keys()) {
      const { throttle } = this.byId.get(triggerId)!.definition;
      if (throttle) this.secondLooks.plan(triggerId, throttle.windowMs + 1);
    }
  }

  private announce(): Promise<RegisteredTrigger[]> {
    return this.input.store.registerTriggers(this.input.triggers.all().map(({ definition }) => definition));
  }

  private async openSession(): Promise<Session> {
    // While we had no lease, the others may have taken our triggers for removed ones.
    if (this.session) await this.announce();
    const session = new Session(await this.input.store.openLease());
    session.closing = this.stopping;
    session.lease.lost.addEventListener('abort', () => {
      session.end();
      this.attempts.interruptAll(leaseLost(), this.options.graceMs);
      this.emit('leaseLost');
      this.hint();
    });
    this.session = session;
    return session;
  }

  private beginSoon(claim: Claim, session: Session): void {
    const slots = claim.runs.length;
    if (slots === 0) return;
    this.reserved += slots;
    this.unfinished.begin();
    setImmediate(() => {
      this.reserved -= slots;
      this.begin(claim, session);
      this.unfinished.end();
    });
  }

  private begin({ now, runs }: Claim, session: Session): void {
    if (runs.length === 0) return;
    this.wasIdle = false;
    if (this.listenerCount('claimed') > 0) {
      this.emit('claimed', { runs: runs.length, deliveries: runs.reduce((sum, run) => sum + run.length, 0) });
    }
    const clock = new DatabaseClock(now);
    const { store } = this.input;
    const { streams, waits } = store;
    const { attempts, decode } = this;
    const settling = new Settling(store, session, this);
    const around = { session, settling, attempts, emitter: this, decode, clock, store, streams, waits };
    for (const deliveries of runs) {
      const { triggerId } = deliveries[0]!;
      const run = new Run(this.byId.get(triggerId)!, deliveries, around);
      this.unfinished.begin();
      this.handling += 1;
      this.shares.started(triggerId);
      void run.work(() => this.handled(triggerId)).then(() => this.finished(triggerId));
    }
  }

  private handled(triggerId: number): void {
    this.handling -= 1;
    this.shares.ended(triggerId);
    if (this.shares.hungry) this.bell.ring();
  }

  private finished(triggerId: number): void {
    this.unfinished.end();
    // There is room below the limits of its trigger.
    if (this.isLimited(triggerId)) this.hint();
    else if (this.shares.hungry || this.unfinished.size === 0) this.bell.ring();
  }

  private readonly decode = (stored: StoredEvent) => this.input.events.decode(stored);

  private isLimited(triggerId: number): boolean {
    const { concurrency, throttle } = this.byId.get(triggerId)!.definition;
    return concurrency !== null || throttle !== null;
  }

  private freeSlots(): number {
    if (this.unfinished.size >= this.options.concurrency * SETTLING_PER_SLOT) return 0;
    return this.options.concurrency - this.handling - this.reserved;
  }

  private hint(): void {
    this.shares.hint();
    this.bell.ring();
  }

  // Hints get lost, also while the loop is busy with others. Jittered, so that replicas do not look in step.
  private lookWithoutHint(): void {
    const now = performance.now();
    const isDue = this.secondLooks.takeDue(now);
    if (now < this.pollAt && !isDue) return;
    this.pollAt = now + this.options.pollMs * (0.8 + Math.random() * 0.4);
    this.shares.hint();
  }

  /** Until something happens, or it is time to look. */
  private async rest(): Promise<void> {
    if (!this.wasIdle && this.unfinished.size === 0 && !this.shares.hungry) {
      this.wasIdle = true;
      this.emit('idle');
    }
    const lookAt = Math.min(this.pollAt, this.secondLooks.nextAt);
    await this.bell.wait(Math.max(1, lookAt - performance.now()));
  }

  private async loopAndRuns(): Promise<void> {
    await this.loop;
    await this.unfinished.idle();
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
