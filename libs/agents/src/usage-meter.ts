import type { AgentUsage, RunUsage, ToolCallRecord } from '@reflex/core';
import { currentRun } from '@reflex/observability';
import type { Prices } from './budgets/prices';
import type { AnsweredTurn } from './ledger/answers';

/** Counts what one run of an agent uses, for its caller and for the attempt it belongs to. */
export class UsageMeter {
  readonly usage: RunUsage;
  private readonly counted: RunUsage[];
  private readonly inAttempt: AgentUsage | undefined;
  private readonly started = performance.now();

  constructor(
    agent: string,
    model: string,
    private readonly prices: Prices,
  ) {
    this.usage = { model, input_tokens: 0, output_tokens: 0, tool_calls: [] };
    const attempt = currentRun()?.usage;
    if (attempt) {
      attempt.model = model;
      this.inAttempt = entryOf(agent, attempt);
    }
    this.counted = attempt ? [this.usage, attempt] : [this.usage];
  }

  addTurn({ model, usage: tokens, reused }: AnsweredTurn): void {
    for (const usage of this.counted) {
      usage.model = model;
      // Its tokens were counted by the attempt that got it.
      if (reused) usage.answers_reused = (usage.answers_reused ?? 0) + 1;
    }
    if (reused) return;
    const cost = this.prices.cost(model, tokens);
    for (const usage of [...this.counted, this.inAttempt]) {
      if (!usage) continue;
      usage.input_tokens += tokens?.input_tokens ?? 0;
      usage.output_tokens += tokens?.output_tokens ?? 0;
      if (cost !== undefined) usage.cost_usd = dollars((usage.cost_usd ?? 0) + cost);
    }
  }

  addCall(record: ToolCallRecord): void {
    for (const usage of this.counted) usage.tool_calls.push(record);
  }

  /** From here on the cheaper model answers. */
  degrade(): void {
    for (const usage of this.counted) usage.degraded = true;
  }

  end(): void {
    if (this.inAttempt) this.inAttempt.duration_ms += Math.round(performance.now() - this.started);
  }
}

function entryOf(agent: string, attempt: RunUsage): AgentUsage {
  attempt.agents ??= [];
  let entry = attempt.agents.find((known) => known.agent === agent);
  if (!entry) {
    entry = { agent, runs: 0, input_tokens: 0, output_tokens: 0, duration_ms: 0 };
    attempt.agents.push(entry);
  }
  entry.runs += 1;
  return entry;
}

/** A billionth is less than any token costs; what lies behind it is the computer's. */
function dollars(sum: number): number {
  return Math.round(sum * 1e9) / 1e9;
}
