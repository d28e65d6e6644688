import { untilAborted } from '../until-aborted';
import type { BudgetUnit } from './budget-options';

export type Amounts = Partial<Record<BudgetUnit, number>>;

/** What one run has used and reserved. Agents that it calls side by side share it. */
export class RunAccount {
  private readonly allowed: ReadonlyMap<BudgetUnit, number>;
  private readonly raised = new Map<BudgetUnit, number>();
  private readonly used = new Map<BudgetUnit, number>();
  private readonly reserved = new Map<BudgetUnit, number>();
  private waiting: (() => void)[] = [];

  /** Seconds are the clock's to watch. */
  constructor(limits: readonly [BudgetUnit, number][]) {
    this.allowed = new Map(limits.filter(([unit]) => unit !== 'seconds'));
  }

  /** Whether calls of models count. */
  get limitsModels(): boolean {
    return this.limits('usd') || this.limits('tokens');
  }

  limits(unit: BudgetUnit): boolean {
    return this.allowed.has(unit);
  }

  /** The first unit of which nothing is left. */
  refusal(wanted: Amounts, share: (unit: BudgetUnit) => number): BudgetUnit | undefined {
    return this.asked(wanted).find((unit) => of(this.used, unit) >= this.limit(unit) * share(unit));
  }

  /** Whether it fits beside what others have reserved; what is alone always does. */
  fits(wanted: Amounts, share: (unit: BudgetUnit) => number): boolean {
    return this.asked(wanted).every((unit) => {
      const reserved = of(this.reserved, unit);
      return reserved <= 0 || of(this.used, unit) + reserved + wanted[unit]! <= this.limit(unit) * share(unit);
    });
  }

  reserve(amounts: Amounts): void {
    add(this.reserved, amounts, 1);
  }

  settle(reserved: Amounts, used: Amounts): void {
    add(this.reserved, reserved, -1);
    add(this.used, used, 1);
    for (const go of this.waiting.splice(0)) go();
  }

  nextSettled(signal: AbortSignal): Promise<void> {
    return untilAborted(() => new Promise<void>((resolve) => this.waiting.push(resolve)), signal);
  }

  /** By how much people have raised it in all; answers whether something is left now. */
  raise(unit: BudgetUnit, by: number): boolean {
    this.raised.set(unit, by);
    return of(this.used, unit) < this.limit(unit);
  }

  state(unit: BudgetUnit): { allowed: number; spent: number } {
    return { allowed: this.allowed.get(unit) ?? 0, spent: of(this.used, unit) };
  }

  private limit(unit: BudgetUnit): number {
    return this.allowed.get(unit)! + of(this.raised, unit);
  }

  private asked(wanted: Amounts): BudgetUnit[] {
    return [...this.allowed.keys()].filter((unit) => (wanted[unit] ?? 0) > 0);
  }
}

function of(amounts: Map<BudgetUnit, number>, unit: BudgetUnit): number {
  return amounts.get(unit) ?? 0;
}

function add(sums: Map<BudgetUnit, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [unit, amount = 0] of Object.entries(amounts) as [BudgetUnit, number | undefined][]) {
    const sum = of(sums, unit) + sign * amount;
    // What is left of a sum that came to nothing is the computer's.
    sums.set(unit, Math.abs(sum) < 1e-12 ? 0 : sum);
  }
}
