import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BaseMessage, UsageMetadata } from '@langchain/core/messages';
import { Logger } from '@nestjs/common';
import type { CurrentRun } from '@reflex/observability';
import type { AgentDefinition } from '../agent-definition';
import { AnswerTooLong } from '../errors';
import { DEFAULT_MODEL_LIMITS } from '../models/model-limits';
import type { AgentModel } from '../models/models';
import type { BudgetLedger, DayLimit, RefusedBudget, Used, Wish } from './budget-ledger';
import { limitsOf, type BudgetUnit, type OnExhausted } from './budget-options';
import { BudgetBusy, BudgetExhausted, DegradeNow, ModelPriceMissing, waitsForBudget } from './errors';
import { estimateOf, tokensOfChars } from './estimate';
import type { Prices } from './prices';
import { RunAccount, type Amounts } from './run-account';

/** Of dollars and tokens, where a cheaper model gets the rest. */
const SHARE_OF_DEAR = 0.8;
/** A reservation outlives any call by so much; then its process is dead. */
const GRACE_MS = 60_000;
/** A run that waits for a person looks again so often, so that its limit is not forgotten. */
const LOOK_AGAIN_MS = 86_400_000;

/** A call of a model that was let through; one of both is called when it ends. */
export interface Admission {
  done(usage: UsageMetadata | undefined, chars: number): Promise<void>;
  /** `chars`: what it had written by then. */
  failed(error: unknown, chars: number): Promise<void>;
}

export interface RunBudgetSetup {
  agent: AgentDefinition;
  policy: OnExhausted;
  /** Whether the agent says itself what becomes of a run; otherwise the model is told that no more tools can be called. */
  saysSo: boolean;
  days: readonly DayLimit[];
  ledger: BudgetLedger;
  prices: Prices;
  run: CurrentRun | undefined;
  /** Names the run of the agent among those of its attempt. */
  ordinal: number;
}

const enclosing = new AsyncLocalStorage<RunBudget>();
const NOTHING = { most: 0, least: 0 };
const UNLIMITED: Admission = { done: () => Promise.resolve(), failed: () => Promise.resolve() };

/** What one run of an agent may use: its own limits, those of the agents that called it, and those of the day. */
export class RunBudget {
  degraded = false;
  private readonly logger = new Logger('Budgets');
  private readonly account: RunAccount;
  private readonly callers: readonly RunBudget[];
  private lapAt = performance.now();

  constructor(private readonly setup: RunBudgetSetup) {
    const caller = enclosing.getStore();
    this.callers = caller ? [caller, ...caller.callers] : [];
    this.account = new RunAccount(limitsOf(setup.agent.budget));
  }

  /** Does the work of the run; agents that it calls count to it. */
  enclose<T>(work: () => T): T {
    return enclosing.run(this, work);
  }

  /** Reserves what a call may use. Throws `BudgetExhausted`, `Parked`, `BudgetBusy` or `DegradeNow`. */
  async admit(model: AgentModel, messages: BaseMessage[], signal: AbortSignal): Promise<Admission> {
    const { agent, days, prices } = this.setup;
    const chain = [this, ...this.callers];
    const counted = days.some(({ unit }) => isOfModels(unit)) || chain.some(({ account }) => account.limitsModels);
    if (!counted && !days.some(({ unit }) => unit === 'seconds')) return UNLIMITED;
    const price = prices.of(model.name);
    const inDollars = days.some(({ unit }) => unit === 'usd') || chain.some(({ account }) => account.limits('usd'));
    if (!price && inDollars) throw new ModelPriceMissing(model.name);

    const { outputTokens, totalMs } = model.limits ?? DEFAULT_MODEL_LIMITS;
    const { tokens, usd = NOTHING } = counted
      ? await estimateOf(agent, messages, outputTokens, price)
      : { tokens: NOTHING };
    const seconds = { most: Math.min(totalMs / 1_000, agent.budget.seconds ?? Infinity), least: 0 };
    const wants: Wants = { tokens, usd, seconds, tool_calls: NOTHING };
    const amounts: Amounts = { usd: usd.most, tokens: tokens.most };
    const call = randomUUID();
    const taken: RunBudget[] = [];
    try {
      for (const budget of chain) {
        await budget.take(amounts, this, signal);
        taken.push(budget);
      }
      await this.reserveDays(call, wants, totalMs + GRACE_MS, signal);
    } catch (error) {
      for (const { account } of taken) account.settle(amounts, {});
      throw error;
    }
    const settle = (used: Used) => this.settle(chain, call, amounts, { ...used, seconds: this.lap() });
    return {
      done: (usage, chars) => {
        const told = usage ?? { input_tokens: tokens.least, output_tokens: tokensOfChars(chars), total_tokens: 0 };
        const sum = told.input_tokens + told.output_tokens;
        return settle({ tokens: sum, usd: prices.cost(model.name, told) ?? 0 });
      },
      failed: (error, chars) => {
        if (error instanceof AnswerTooLong) return settle({ tokens: tokens.most, usd: usd.most });
        // Who refuses a request, or cannot be reached, asks nothing for it.
        if (chars === 0 && !signal.aborted) return settle({});
        const written = tokensOfChars(chars);
        const cost = usd.least + ((price?.output ?? 0) * written) / 1_000_000;
        return settle({ tokens: tokens.least + written, usd: cost });
      },
    };
  }

  /** Counts an answer that an earlier attempt of the run had got; days have counted it. */
  remember(tokens: UsageMetadata | undefined, usd: number | undefined): void {
    const used = { tokens: (tokens?.input_tokens ?? 0) + (tokens?.output_tokens ?? 0), usd: usd ?? 0 };
    for (const { account } of [this, ...this.callers]) account.settle({}, used);
  }

  /** Whether the run may call one more tool; if not, its model is told so. */
  async mayCallTool(): Promise<boolean> {
    const one = { tool_calls: 1 };
    while (this.account.refusal(one, () => 1)) {
      if (!this.setup.saysSo || this.setup.policy === 'degrade') return false;
      await this.exhausted(this.refusedHere('tool_calls'), this);
    }
    this.account.settle({}, one);
    return true;
  }

  /** Right before a tool is called. */
  async toolIsCalled(): Promise<void> {
    const wishes = this.wishes((unit) => (unit === 'tool_calls' ? { most: 1, least: 1 } : null));
    if (wishes.length === 0) return;
    const answer = await this.setup.ledger.spend(wishes);
    if (answer.verdict === 'exhausted') await this.exhausted(answer.budget, this, answer.nextDayInMs);
  }

  /** Reserves in the account of this run, for a call of its own or of an agent that it has called. */
  private async take(amounts: Amounts, asker: RunBudget, signal: AbortSignal): Promise<void> {
    for (;;) {
      const unit = this.account.refusal(amounts, (of) => this.share(of));
      if (unit) await this.exhausted(this.refusedHere(unit), asker);
      else if (this.account.fits(amounts, (of) => this.share(of))) return this.account.reserve(amounts);
      else await this.account.nextSettled(signal);
    }
  }

  private async reserveDays(call: string, wants: Wants, forMs: number, signal: AbortSignal): Promise<void> {
    const wishes = this.wishes((unit) => (unit === 'tool_calls' ? null : wants[unit]));
    if (wishes.length === 0) return;
    // Outside of a run nobody brings the call back, so it waits here, for as long as others may take.
    for (const until = performance.now() + forMs; ;) {
      const answer = await this.setup.ledger.reserve(call, wishes, forMs);
      if (answer.verdict === 'granted') return;
      if (answer.verdict === 'exhausted') return this.exhausted(answer.budget, this, answer.nextDayInMs);
      const busy = new BudgetBusy(answer.budget);
      if (this.setup.run || performance.now() > until) throw busy;
      await delay(busy.delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  private wishes(amount: (unit: BudgetUnit) => Wants[BudgetUnit] | null): Wish[] {
    return this.setup.days.flatMap((day) => {
      const wanted = amount(day.unit);
      return wanted ? [{ ...day, share: this.share(day.unit), ...wanted }] : [];
    });
  }

  private share(unit: BudgetUnit): number {
    return this.setup.policy === 'degrade' && !this.degraded && isOfModels(unit) ? SHARE_OF_DEAR : 1;
  }

  /** Returns when the asker may try again: a limit of its own run was raised, or its caller degraded. */
  private async exhausted(refused: RefusedBudget, asker: RunBudget, nextDayInMs?: number): Promise<void> {
    const { policy, run, ledger } = this.setup;
    if (policy === 'degrade' && !this.degraded && isOfModels(refused.unit)) {
      this.degraded = true;
      if (asker === this) throw new DegradeNow();
      return;
    }
    if (policy !== 'park' || !run?.ledger || run.rehearsal) throw new BudgetExhausted(refused);
    if (refused.level !== 'run') throw waitsForBudget(refused, nextDayInMs);
    const key = `${run.eventId}/${run.trigger}/${await run.ledger.replay()}#${this.setup.ordinal}`;
    const { id, raised } = await ledger.exhaustRun({ ...refused, key });
    if (this.account.raise(refused.unit, raised)) return;
    throw waitsForBudget({ ...refused, id, key, allowed: refused.allowed + raised }, LOOK_AGAIN_MS);
  }

  private refusedHere(unit: BudgetUnit): RefusedBudget {
    const { name: agent } = this.setup.agent;
    return { id: null, level: 'run', agent, key: '', unit, ...this.account.state(unit) };
  }

  private async settle(chain: RunBudget[], call: string, reserved: Amounts, used: Used): Promise<void> {
    for (const { account } of chain) account.settle(reserved, { tokens: used.tokens, usd: used.usd });
    if (this.setup.days.length === 0) return;
    try {
      await this.setup.ledger.settle(call, used);
    } catch (error) {
      // The answer is worth more; the reservation ends by itself.
      this.logger.warn(`What a call of agent "${this.setup.agent.name}" has used was not noted: ${String(error)}`);
    }
  }

  private lap(): number {
    const now = performance.now();
    const seconds = (now - this.lapAt) / 1_000;
    this.lapAt = now;
    return seconds;
  }
}

type Wants = Record<BudgetUnit, { most: number; least: number }>;

function isOfModels(unit: BudgetUnit): boolean {
  return unit === 'usd' || unit === 'tokens';
}
