import type { RegisteredTrigger, SlotRequest } from '@reflex/event-store';

/** A trigger as the planner sees it. */
interface Share {
  triggerId: number;
  priority: number;
  /** Claim units in work here. */
  running: number;
  /** How many it is likely to take; doubled each time it took all that it was offered. */
  demand: number;
  /** It took less than it was offered, so there is nothing left until the next hint. */
  dry: boolean;
  /** It took all that it was offered: more may wait. */
  backlog: boolean;
  /** Its limits are kept by claims alone. */
  limited: boolean;
}

export type SharingTrigger = Pick<RegisteredTrigger, 'id' | 'priority' | 'concurrency' | 'throttle'>;

/**
 * Deals out free slots. A trigger that has nothing in work is offered one first; a quarter of all slots is kept for those
 * that are quiet at the moment, so that a backlog of slow handlers cannot keep others out. Beyond that, higher priority
 * first, and within a priority whoever has least in work.
 */
export class FairShares {
  private readonly shares: Share[];
  private readonly byId: Map<number, Share>;
  private turn = 0;
  private hintedSincePlan = false;

  constructor(
    triggers: readonly SharingTrigger[],
    private readonly concurrency: number,
  ) {
    this.shares = triggers.map(({ id, priority, concurrency: most, throttle }) => {
      const limited = most !== null || throttle !== null;
      return { triggerId: id, priority, running: 0, demand: 1, dry: false, backlog: true, limited };
    });
    this.byId = new Map(this.shares.map((share) => [share.triggerId, share]));
  }

  /** There may be work for anyone. */
  hint(): void {
    this.hintedSincePlan = true;
    for (const share of this.shares) share.dry = false;
  }

  /** Some trigger may have work that we have not asked for. */
  get hungry(): boolean {
    return this.shares.some((share) => !share.dry);
  }

  started(triggerId: number): void {
    this.byId.get(triggerId)!.running += 1;
  }

  ended(triggerId: number): void {
    this.byId.get(triggerId)!.running -= 1;
  }

  /** Who is offered how much of the free slots. */
  plan(free: number): SlotRequest[] {
    this.hintedSincePlan = false;
    const hungry = this.inTurn();
    if (hungry.length === 0 || free <= 0) return [];
    const grants = new Map<Share, number>();

    const hot = hungry.some((share) => share.demand > 1);
    let first = hot && hungry.length > free ? Math.ceil(free / 2) : free;
    let left = free;
    for (const share of hungry) {
      if (share.running > 0 || first === 0) continue;
      grants.set(share, 1);
      first -= 1;
      left -= 1;
    }

    const quiet = this.shares.filter((share) => share.dry && share.running === 0).length;
    left -= Math.min(quiet, Math.floor(this.concurrency / 4));
    const classes = byPriority(hungry);
    for (const shares of classes) left -= level(shares, grants, left, (share) => share.demand);
    for (const shares of classes) left -= level(shares, grants, left, () => free);
    return [...grants].map(([{ triggerId }, slots]) => ({ triggerId, slots }));
  }

  /**
   * What new deliveries may take before they are claimed: for triggers that have no backlog, equal parts of half the free
   * slots, so that those that wait can always be claimed.
   */
  offer(free: number): SlotRequest[] {
    const takers = this.shares.filter((share) => !share.backlog && !share.limited);
    const slots = Math.floor(free / 2 / Math.max(1, takers.length));
    return slots > 0 ? takers.map(({ triggerId }) => ({ triggerId, slots })) : [];
  }

  /** Learns from what a claim brought. */
  learn(asked: readonly SlotRequest[], got: ReadonlyMap<number, number>): void {
    for (const { triggerId, slots } of asked) {
      const share = this.byId.get(triggerId)!;
      const taken = got.get(triggerId) ?? 0;
      // What was published while the claim was under way may have escaped it.
      share.dry = taken < slots && !this.hintedSincePlan;
      share.backlog = taken === slots;
      share.demand = taken < slots ? Math.max(1, taken) : Math.min(slots * 2, this.concurrency);
    }
  }

  /** The hungry ones, beginning with another one each time. */
  private inTurn(): Share[] {
    this.turn = (this.turn + 1) % Math.max(1, this.shares.length);
    return [...this.shares.slice(this.turn), ...this.shares.slice(0, this.turn)]
      .filter((share) => !share.dry)
      .sort((a, b) => b.priority - a.priority);
  }
}

function byPriority(shares: readonly Share[]): Share[][] {
  const classes = new Map<number, Share[]>();
  for (const share of shares) classes.set(share.priority, [...(classes.get(share.priority) ?? []), share]);
  return [...classes.values()];
}

/**
 * Fills up what each has in work, granted slots included, to a common level, as water fills vessels; nobody gets more than
 * `most`. Answers how many slots it dealt out.
 */
function level(
  shares: readonly Share[],
  grants: Map<Share, number>,
  free: number,
  most: (share: Share) => number,
): number {
  if (free <= 0) return 0;
  const vessels = shares.map((share) => {
    const granted = grants.get(share) ?? 0;
    return { share, granted, bottom: share.running + granted, room: Math.max(0, most(share) - granted) };
  });
  const poured = (height: number) =>
    vessels.reduce((sum, { bottom, room }) => sum + Math.min(room, Math.max(0, height - bottom)), 0);

  let low = 0;
  let high = Math.max(...vessels.map(({ bottom }) => bottom)) + free;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (poured(middle) <= free) low = middle;
    else high = middle - 1;
  }

  let left = free;
  for (const { share, granted, bottom, room } of vessels) {
    const more = Math.min(room, Math.max(0, low - bottom));
    if (more > 0) grants.set(share, granted + more);
    left -= more;
  }
  // Less than one each is left: it goes to the first who stand at the level.
  for (const { share, bottom, room } of vessels) {
    if (left === 0) break;
    const more = Math.min(room, Math.max(0, low - bottom));
    if (more < room && bottom + more <= low) {
      grants.set(share, (grants.get(share) ?? 0) + 1);
      left -= 1;
    }
  }
  return free - left;
}
