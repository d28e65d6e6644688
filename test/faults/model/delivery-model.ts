/** What the promises of the store say about a delivery, without any of the store's means. */
export interface ModelDelivery {
  seq: number;
  trigger: string;
  scope: string | null;
  status: 'waiting' | 'pending' | 'processing' | 'scheduled' | 'aside';
  attempts: number;
  crashes: number;
  worker: number | null;
  token: number | null;
}

export interface ModelTrigger {
  name: string;
  scoped: boolean;
  onRetry: 'block' | 'pass';
  concurrency: number | null;
}

export type Outcome = 'completed' | 'failed' | 'dead_letter' | 'deferred' | 'parked' | 'released';

export const DEATHS = 3;

export const MODEL_TRIGGERS: ModelTrigger[] = [
  { name: 'free', scoped: false, onRetry: 'block', concurrency: null },
  { name: 'block', scoped: true, onRetry: 'block', concurrency: null },
  { name: 'pass', scoped: true, onRetry: 'pass', concurrency: null },
  { name: 'narrow', scoped: true, onRetry: 'block', concurrency: 2 },
];

/** The life of all deliveries as one may read it in design.md, section 5. */
export class DeliveryModel {
  live: ModelDelivery[] = [];
  dead: { seq: number; trigger: string; scope: string | null }[] = [];
  /** Deliveries that were completed, to be replayed or not. */
  done: { seq: number; trigger: string; scope: string | null }[] = [];
  /** How many runs were recorded, by outcome. */
  readonly runs = new Map<string, number>();
  /** What was claimed once and may be settled late, by someone who does not know that it is no longer his. */
  stale: ModelDelivery[] = [];
  /** Delayed ones whose time has come, the first to come first. */
  elapsed: ModelDelivery[] = [];
  published = 0;
  newestToken = 0;

  publish(seqs: { seq: number; scope: string }[]): void {
    this.published += seqs.length;
    for (const { seq, scope } of seqs) {
      for (const { name, scoped } of MODEL_TRIGGERS) this.enter({ seq, trigger: name, scope: scoped ? scope : null });
    }
    this.promote();
  }

  /** What a claim must bring, in order. */
  claimable(triggers: string[], slots: number, suspects: number, runLength: number): ModelDelivery[] {
    const wanted = MODEL_TRIGGERS.filter(({ name }) => triggers.includes(name))
      .map((trigger) => ({ ...trigger, slots: this.allowed(trigger, slots) }))
      .filter((trigger) => trigger.slots > 0);
    const heads = wanted.flatMap(({ name, slots }) => this.pendingOf(name, (d) => d.crashes < 2).slice(0, slots));
    const suspected = wanted
      .flatMap(({ name }) => this.pendingOf(name, (d) => d.crashes >= 2))
      .sort((a, b) => a.seq - b.seq || a.trigger.localeCompare(b.trigger))
      .slice(0, suspects);
    return [...heads.flatMap((head) => [head, ...this.followers(head, runLength)]), ...suspected];
  }

  claimed(deliveries: ModelDelivery[], worker: number, token: number): void {
    for (const delivery of deliveries) {
      Object.assign(delivery, { status: 'processing', worker, token });
      this.stale.push({ ...delivery });
    }
    this.newestToken = Math.max(this.newestToken, token);
  }

  /** Whether this ending counts: the delivery is still held under that token. */
  settle(claimed: ModelDelivery, outcome: Outcome): boolean {
    const delivery = this.live.find(
      (d) => d.seq === claimed.seq && d.trigger === claimed.trigger && d.token === claimed.token,
    );
    if (!delivery) return false;
    const { onRetry, scoped } = MODEL_TRIGGERS.find(({ name }) => name === delivery.trigger)!;
    if (outcome !== 'released') this.count(outcome);
    if (outcome === 'completed' || outcome === 'dead_letter') {
      this.leave(delivery, outcome === 'completed' ? this.done : this.dead);
    } else {
      const later = scoped && onRetry === 'block' ? 'scheduled' : 'aside';
      delivery.status = outcome === 'released' ? 'waiting' : later;
      delivery.attempts += outcome === 'failed' ? 1 : 0;
      delivery.worker = delivery.token = null;
    }
    return true;
  }

  /** Processes died: the first of each lane was at work. `most` bounds how many, but no lane is split. */
  rescue(deadWorkers: number[], most: number): void {
    const lost = this.live
      .filter((d) => d.worker !== null && deadWorkers.includes(d.worker))
      .sort((a, b) => order(a).localeCompare(order(b)) || a.seq - b.seq);
    const taken = lost.slice(0, most);
    taken.push(...lost.slice(most).filter((d) => d.scope !== null && taken.some((t) => order(t) === order(d))));
    const seen = new Set<string>();
    for (const delivery of taken) {
      const blamed = delivery.scope === null || !seen.has(order(delivery));
      seen.add(order(delivery));
      delivery.status = 'waiting';
      delivery.worker = delivery.token = null;
      if (!blamed) continue;
      delivery.crashes += 1;
      this.count(delivery.crashes >= DEATHS ? 'dead_letter' : 'failed');
      if (delivery.crashes >= DEATHS) this.leave(delivery, this.dead);
    }
    this.promote();
  }

  delayed(): ModelDelivery[] {
    return this.live.filter(({ status }) => status === 'scheduled' || status === 'aside');
  }

  /** Their time has come: they are in their lane again, at their old place. */
  due(deliveries: ModelDelivery[]): void {
    for (const delivery of deliveries) delivery.status = 'waiting';
    this.promote();
  }

  /** Dead letters or finished deliveries come to life again; those that live already do not live twice. */
  revive(from: { seq: number; trigger: string; scope: string | null }[]): number {
    const made = from.filter(({ seq, trigger }, index) => {
      const first = from.findIndex((other) => other.seq === seq && other.trigger === trigger) === index;
      return first && !this.live.some((d) => d.seq === seq && d.trigger === trigger);
    });
    for (const key of made) this.enter(key);
    this.promote();
    return made.length;
  }

  lanes(): { trigger: string; scope: string; live: number }[] {
    const lanes = new Map<string, { trigger: string; scope: string; live: number }>();
    for (const { trigger, scope, status } of this.live) {
      if (scope === null || status === 'aside') continue;
      const lane = lanes.get(`${trigger}/${scope}`) ?? { trigger, scope, live: 0 };
      lane.live += 1;
      lanes.set(`${trigger}/${scope}`, lane);
    }
    return [...lanes.values()];
  }

  /** The one rule of lanes: when nothing of a lane is active, its first delivery is claimable, unless it waits for a retry. */
  promote(): void {
    for (const delivery of this.live)
      if (delivery.scope === null && delivery.status === 'waiting') delivery.status = 'pending';
    for (const { trigger, scope } of this.lanes()) {
      const lane = this.lane(trigger, scope);
      if (lane.some(({ status }) => status === 'pending' || status === 'processing')) continue;
      if (lane[0]?.status === 'waiting') lane[0].status = 'pending';
    }
  }

  private lane(trigger: string, scope: string): ModelDelivery[] {
    return this.live
      .filter((d) => d.trigger === trigger && d.scope === scope && d.status !== 'aside')
      .sort((a, b) => a.seq - b.seq);
  }

  private pendingOf(trigger: string, which: (delivery: ModelDelivery) => boolean): ModelDelivery[] {
    return this.live
      .filter((d) => d.trigger === trigger && d.status === 'pending' && which(d))
      .sort((a, b) => a.seq - b.seq);
  }

  // A run: what follows the head without a gap. Whatever saw a process die comes alone, so that the next death has one cause.
  private followers(head: ModelDelivery, runLength: number): ModelDelivery[] {
    const { concurrency } = MODEL_TRIGGERS.find(({ name }) => name === head.trigger)!;
    if (head.scope === null || head.crashes > 0 || concurrency !== null) return [];
    const behind = this.lane(head.trigger, head.scope).filter(({ seq }) => seq > head.seq);
    const end = behind.findIndex(({ status, crashes }) => status !== 'waiting' || crashes > 0);
    return behind.slice(0, Math.min(runLength - 1, end < 0 ? Infinity : end));
  }

  private allowed({ name, concurrency }: ModelTrigger, slots: number): number {
    if (concurrency === null) return slots;
    const running = this.live.filter((d) => d.trigger === name && d.status === 'processing').length;
    return Math.max(0, Math.min(slots, concurrency - running));
  }

  private enter(key: { seq: number; trigger: string; scope: string | null }): void {
    this.live.push({ ...key, status: 'waiting', attempts: 0, crashes: 0, worker: null, token: null });
  }

  private leave(delivery: ModelDelivery, to: { seq: number; trigger: string; scope: string | null }[]): void {
    this.live = this.live.filter((other) => other !== delivery);
    to.push({ seq: delivery.seq, trigger: delivery.trigger, scope: delivery.scope });
  }

  private count(outcome: string): void {
    this.runs.set(outcome, (this.runs.get(outcome) ?? 0) + 1);
  }
}

// As the database orders them: by trigger, by scope, those without scope last.
function order({ trigger, scope }: ModelDelivery): string {
  const place = MODEL_TRIGGERS.findIndex(({ name }) => name === trigger);
  return `${place}/${scope ?? '~'}`;
}
