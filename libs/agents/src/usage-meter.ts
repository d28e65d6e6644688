import type { RunUsage, ToolCallRecord } from '@reflex/core';
import { currentRun } from '@reflex/observability';
import type { AnsweredTurn } from './ledger/answers';

/** Counts what one run of an agent uses, for its caller and for the attempt it belongs to. */
export class UsageMeter {
  readonly usage: RunUsage;
  private readonly counted: RunUsage[];

  constructor(model: string) {
    this.usage = { model, input_tokens: 0, output_tokens: 0, tool_calls: [] };
    const attempt = currentRun()?.usage;
    if (attempt) attempt.model = model;
    this.counted = attempt ? [this.usage, attempt] : [this.usage];
  }

  addTurn({ model, usage: tokens, reused }: AnsweredTurn): void {
    for (const usage of this.counted) {
      usage.model = model;
      if (reused) {
        // Its tokens were counted by the attempt that got it.
        usage.answers_reused = (usage.answers_reused ?? 0) + 1;
        continue;
      }
      usage.input_tokens += tokens?.input_tokens ?? 0;
      usage.output_tokens += tokens?.output_tokens ?? 0;
    }
  }

  addCall(record: ToolCallRecord): void {
    for (const usage of this.counted) usage.tool_calls.push(record);
  }
}
