import { BudgetLedger, type Used, type Verdict, type Wish } from './budget-ledger';

const DAY_MS = 86_400_000;

interface Account {
  spent: number;
  reserved: number;
}

/** Limits of one process, for an application without a database; nobody can raise them. */
export class MemoryBudgetLedger extends BudgetLedger {
  private day = 0;
  private accounts = new Map<string, Account>();
  private readonly calls = new Map<string, { account: Account; wish: Wish }[]>();

  constructor(private readonly nowMs: () => number = Date.now) {
    super();
  }

  reserve(call: string, wishes: readonly Wish[], _forMs: number): Promise<Verdict> {
    const verdict = this.verdictOn(wishes);
    if (verdict.verdict === 'granted') {
      const taken = wishes.map((wish) => ({ account: this.accountOf(wish), wish }));
      for (const { account, wish } of taken) account.reserved += wish.most;
      this.calls.set(call, taken);
    }
    return Promise.resolve(verdict);
  }

  spend(wishes: readonly Wish[]): Promise<Verdict> {
    const verdict = this.verdictOn(wishes);
    if (verdict.verdict === 'granted') for (const wish of wishes) this.accountOf(wish).spent += wish.most;
    return Promise.resolve(verdict);
  }

  settle(call: string, used: Used): Promise<void> {
    for (const { account, wish } of this.calls.get(call) ?? []) {
      account.reserved -= wish.most;
      account.spent += used[wish.unit] ?? 0;
    }
    this.calls.delete(call);
    return Promise.resolve();
  }

  exhaustRun(): Promise<{ id: null; raised: number }> {
    return Promise.resolve({ id: null, raised: 0 });
  }

  private verdictOn(wishes: readonly Wish[]): Verdict {
    const now = this.nowMs();
    const day = Math.floor(now / DAY_MS);
    if (day !== this.day) [this.day, this.accounts] = [day, new Map()];
    const asked = wishes.filter(({ most }) => most > 0).map((wish) => ({ wish, account: this.accountOf(wish) }));
    const out = asked.find(({ wish, account }) => account.spent >= wish.allowed * wish.share);
    if (out) {
      return { verdict: 'exhausted', budget: refused(out.wish, out.account), nextDayInMs: (day + 1) * DAY_MS - now };
    }
    const tight = asked.find(
      ({ wish, account: { spent, reserved } }) =>
        reserved > 0 && spent + reserved + wish.most > wish.allowed * wish.share,
    );
    return tight ? { verdict: 'busy', budget: refused(tight.wish, tight.account) } : { verdict: 'granted' };
  }

  private accountOf({ level, agent, key, unit }: Wish): Account {
    const name = JSON.stringify([level, agent, key, unit]);
    let account = this.accounts.get(name);
    if (!account) this.accounts.set(name, (account = { spent: 0, reserved: 0 }));
    return account;
  }
}

function refused({ level, agent, key, unit, allowed }: Wish, { spent }: Account) {
  return { id: null, level, agent, key, unit, allowed, spent };
}
