import { ToolMessage } from '@langchain/core/messages';
import { Parked, type ToolCallRecord } from '@reflex/core';
import { z } from 'zod';
import type { AgentDefinition, ToolDefinition } from './agent-definition';
import type { RunBudget } from './budgets/run-budget';
import type { AttemptRecord } from './ledger/attempt-record';
import { executeOnce, type CallOutcome } from './ledger/execute-once';
import type { RequestedCall } from './model-turn';
import { plainJson } from './plain-json';
import { asText } from './prompt';
import { errorText } from './recordable';
import type { Telling } from './telling';

export interface ToolCallerOptions {
  record: AttemptRecord;
  telling: Telling;
  signal: AbortSignal;
  budget: RunBudget;
  /** Called as soon as a call starts; the record is completed when it ends. */
  onCall: (record: ToolCallRecord) => void;
}

/** Executes the tools that a model asks for in one run of an agent. */
export class ToolCaller {
  constructor(
    private readonly agent: AgentDefinition,
    private readonly options: ToolCallerOptions,
  ) {}

  /**
   * Executes the calls side by side. What went wrong is told to the model, but an error that says what shall become of
   * the whole attempt (wait, permanent, come back later, aborted) is thrown, once every call has come to its end.
   * `replayed`: the answer that asks for them is one that an earlier attempt had got.
   */
  async callAll(requested: RequestedCall[], replayed: boolean): Promise<ToolMessage[]> {
    const settled = await Promise.allSettled(requested.map((call) => this.call(call, replayed)));
    const failures = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    // Who waits comes back to all the others; who gives up or fails would not come back to what is waited for.
    if (failures.length > 0) throw failures.find((error) => error instanceof Parked) ?? failures[0];
    return settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  private async call(requested: RequestedCall, replayed: boolean): Promise<ToolMessage> {
    const record: ToolCallRecord = { tool: requested.name, input: plainJson(requested.input), duration_ms: 0 };
    const { onCall, telling } = this.options;
    onCall(record);
    telling.toolStarted(requested.id, record);
    const started = performance.now();
    try {
      const outcome = await this.outcomeOf(requested, replayed);
      if (outcome.reused) record.reused = true;
      if ('failure' in outcome) {
        record.error = outcome.failure;
        return resultOf(requested, `Error: ${outcome.failure}`, 'error');
      }
      record.output = outcome.output;
      return resultOf(requested, asText(outcome.output));
    } catch (error) {
      record.error = errorText(error);
      throw error;
    } finally {
      record.duration_ms = Math.round(performance.now() - started);
      telling.toolEnded(requested.id, record);
    }
  }

  private async outcomeOf(requested: RequestedCall, replayed: boolean): Promise<CallOutcome> {
    const { record, signal, budget } = this.options;
    const tool = this.agent.tools.find(({ name }) => name === requested.name);
    if (!tool) return refusal(this.noSuchTool(requested.name));
    const parsed = readInput(tool, requested);
    if (!parsed.ok) return refusal(parsed.issue);
    if (!(await budget.mayCallTool())) {
      const { toolCalls } = this.agent.budget;
      return refusal(`The budget of ${toolCalls} tool calls is used up. Answer with what you have.`);
    }
    const { input } = parsed;
    const execute: ToolDefinition['execute'] = async (given, call) => {
      await budget.toolIsCalled();
      return tool.execute(given, call);
    };
    const counted = { ...tool, execute };
    return executeOnce(record, {
      agent: this.agent.name,
      tool: counted,
      input,
      callId: requested.id,
      replayed,
      signal,
    });
  }

  private noSuchTool(name: string): string {
    const names = this.agent.tools.map((candidate) => candidate.name).join(', ');
    return `There is no tool "${name}". The tools are: ${names || 'none'}.`;
  }
}

function refusal(failure: string): CallOutcome {
  return { failure, reused: false };
}

function readInput(
  tool: ToolDefinition,
  requested: RequestedCall,
): { ok: true; input: unknown } | { ok: false; issue: string } {
  if (requested.malformed !== undefined)
    return { ok: false, issue: `The arguments are not JSON: ${requested.malformed}` };
  const parsed = tool.input.safeParse(requested.input);
  if (parsed.success) return { ok: true, input: parsed.data };
  return { ok: false, issue: `The arguments do not fit the tool's schema: ${z.prettifyError(parsed.error)}` };
}

function resultOf({ id, name }: RequestedCall, content: string, status: 'success' | 'error' = 'success'): ToolMessage {
  return new ToolMessage({ tool_call_id: id, name, content, status });
}
