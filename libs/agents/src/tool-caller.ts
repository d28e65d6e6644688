import { ToolMessage } from '@langchain/core/messages';
import { PermanentError, RetryLater, type ToolCallRecord } from '@reflex/core';
import { z } from 'zod';
import type { AgentDefinition, ToolDefinition } from './agent-definition';
import type { RequestedCall } from './model-turn';
import { plainJson } from './plain-json';
import { asText, capped } from './prompt';
import { untilAborted } from './until-aborted';

/** Most characters of a tool's result or error that reach the model and the run's record. */
const MAX_RESULT_CHARS = 16_000;

export interface ToolCallerOptions {
  signal: AbortSignal;
  keyFor: (tool: string, input: unknown) => string;
  /** Called as soon as a call starts; the record is completed when it ends. */
  onCall: (record: ToolCallRecord) => void;
}

/** Executes the tools that a model asks for in one run of an agent. */
export class ToolCaller {
  private calls = 0;

  constructor(
    private readonly agent: AgentDefinition,
    private readonly options: ToolCallerOptions,
  ) {}

  /**
   * Executes the calls side by side. What went wrong is told to the model, but an error that says what shall become of
   * the whole attempt (permanent, come back later, aborted) is thrown, once every call has come to its end.
   */
  async callAll(requested: RequestedCall[]): Promise<ToolMessage[]> {
    const settled = await Promise.allSettled(requested.map((call) => this.call(call)));
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  private async call(requested: RequestedCall): Promise<ToolMessage> {
    const record: ToolCallRecord = { tool: requested.name, input: plainJson(requested.input), duration_ms: 0 };
    this.options.onCall(record);
    const started = performance.now();
    try {
      const output = await this.execute(requested);
      record.output = plainJson(typeof output === 'string' ? capped(output, MAX_RESULT_CHARS) : output);
      return resultOf(requested, asText(record.output));
    } catch (error) {
      record.error = capped(messageOf(error), MAX_RESULT_CHARS);
      const { signal } = this.options;
      if (signal.aborted || error instanceof PermanentError || error instanceof RetryLater) throw error;
      return resultOf(requested, `Error: ${record.error}`, 'error');
    } finally {
      record.duration_ms = Math.round(performance.now() - started);
    }
  }

  private async execute(requested: RequestedCall): Promise<unknown> {
    const { signal, keyFor } = this.options;
    const tool = this.toolNamed(requested.name);
    const input = validInput(tool, requested);
    const allowed = this.agent.budget.toolCalls ?? Number.POSITIVE_INFINITY;
    if (this.calls >= allowed)
      throw new Error(`The budget of ${allowed} tool calls is used up. Answer with what you have.`);
    this.calls += 1;
    const key = keyFor(tool.name, input);
    return untilAborted(() => tool.execute(input as never, { key, signal, callId: requested.id }), signal);
  }

  private toolNamed(name: string): ToolDefinition {
    const tool = this.agent.tools.find((candidate) => candidate.name === name);
    if (tool) return tool;
    const names = this.agent.tools.map((candidate) => candidate.name).join(', ');
    throw new Error(`There is no tool "${name}". The tools are: ${names || 'none'}.`);
  }
}

function validInput(tool: ToolDefinition, requested: RequestedCall): unknown {
  if (requested.malformed !== undefined) throw new Error(`The arguments are not JSON: ${requested.malformed}`);
  const parsed = tool.input.safeParse(requested.input);
  if (!parsed.success) throw new Error(`The arguments do not fit the tool's schema: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function resultOf({ id, name }: RequestedCall, content: string, status: 'success' | 'error' = 'success'): ToolMessage {
  return new ToolMessage({ tool_call_id: id, name, content: capped(content, MAX_RESULT_CHARS), status });
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : String(error);
}
