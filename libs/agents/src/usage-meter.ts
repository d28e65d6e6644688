import type { UsageMetadata } from '@langchain/core/messages';
import type { RunUsage, ToolCallRecord } from '@reflex/core';
import { currentRun } from '@reflex/observability';

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

  addTokens(tokens: UsageMetadata | undefined): void {
    for (const usage of this.counted) {
      usage.input_tokens += tokens?.input_tokens ?? 0;
      usage.output_tokens += tokens?.output_tokens ?? 0;
    }
  }

  addCall(record: ToolCallRecord): void {
    for (const usage of this.counted) usage.tool_calls.push(record);
  }
}
