import { AIMessage, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import { Logger } from '@nestjs/common';
import { PermanentError, RetryLater } from '@reflex/core';
import type { AgentDefinition, ToolDefinition } from './agent-definition';
import { RESPOND } from './answer';
import type { Admission } from './budgets/run-budget';
import type { AgentModel } from './models/models';
import { readAnswerStream, type WholeAnswer } from './models/answer-stream';
import { anotherMayAnswer, explainModelError } from './models/providers/provider-errors';
import type { ToolEffect } from './tool.decorator';

/** One call that the model asks for. */
export interface RequestedCall {
  id: string;
  name: string;
  input: unknown;
  /** The arguments as the model wrote them, when they are not JSON. */
  malformed?: string;
}

/** One answer of the model: what it said and what it asks for. */
export interface ModelTurn {
  message: AIMessage;
  /** Which model answered: a fallback's name when the first one could not. */
  model: string;
  text: string;
  calls: RequestedCall[];
  usage?: UsageMetadata;
}

/** What the model is told of a tool's effect; the offline model chooses by it. */
export const EFFECT_NOTES: Record<ToolEffect, string> = {
  none: '(Only reads.)',
  keyed: '(Acts on the outside world: call it on purpose.)',
  unkeyed: '(Acts on the outside world, and again with each call: call it on purpose, never twice.)',
};

export interface AskOptions {
  /** The model has to give the final answer now. */
  mustAnswer: boolean;
  signal: AbortSignal;
  /** Asked for each answer who is told what it says while the model writes it; the answer may break off. */
  newText?: () => (text: string) => void;
  /** Reserves what the call may use. */
  admit?: (model: AgentModel) => Promise<Admission>;
}

const logger = new Logger('Models');

/** Asks the model, and those behind it while it cannot answer. None is asked twice: what to try again, the trigger decides. */
export async function askModel(
  model: AgentModel,
  agent: AgentDefinition,
  messages: BaseMessage[],
  options: AskOptions,
): Promise<ModelTurn> {
  const failures: Error[] = [];
  for (const candidate of [model, ...(model.fallbacks ?? [])]) {
    try {
      const turn = await askOne(candidate, agent, messages, options);
      if (failures.length > 0) logger.warn(`${candidate.name} answered instead. ${failures[0]!.message}`);
      return turn;
    } catch (error) {
      options.signal.throwIfAborted();
      if (!anotherMayAnswer(error)) throw error;
      failures.push(error as Error);
    }
  }
  throw whatToDo(failures);
}

// Whoever says when to come back is believed before all others: no attempt is used until then.
function whatToDo(failures: Error[]): Error {
  const later = failures.filter((error) => error instanceof RetryLater);
  const soonest = later.toSorted((one, other) => one.delayMs - other.delayMs)[0];
  return soonest ?? failures.find((error) => !(error instanceof PermanentError)) ?? failures[0]!;
}

async function askOne(
  model: AgentModel,
  agent: AgentDefinition,
  messages: BaseMessage[],
  { mustAnswer, signal, newText = () => () => undefined, admit }: AskOptions,
): Promise<ModelTurn> {
  const tools = [...agent.tools.map(toolForModel), ...respondTool(agent)];
  const force = mustAnswer && agent.output ? { tool_choice: RESPOND } : {};
  const bound = tools.length > 0 ? model.chat.bindTools?.(tools, force) : model.chat;
  if (!bound)
    throw new TypeError(`${model.name} cannot call tools. Choose a model that can, or an agent without tools.`);
  const admission = await admit?.(model);
  let chars = 0;
  const call = async () => {
    try {
      const start = (both: AbortSignal) => bound.stream(messages, { signal: both });
      return await readAnswerStream(model, start, signal, newText(), (sum) => (chars = sum));
    } catch (error) {
      signal.throwIfAborted();
      throw explainModelError(error, model);
    }
  };
  let answer: WholeAnswer;
  try {
    answer = await (model.gate ? model.gate.pass(call) : call());
  } catch (error) {
    await admission?.failed(error, chars);
    throw error;
  }
  await admission?.done(answer.usage, chars);
  return turnOf(answer, model.name, messages.length);
}

function toolForModel({ name, description, effect, inputSchema }: ToolDefinition) {
  return functionTool(name, `${description} ${EFFECT_NOTES[effect]}`, inputSchema);
}

function respondTool({ outputSchema }: AgentDefinition) {
  return outputSchema ? [functionTool(RESPOND, 'Give the final answer. Call it once, at the end.', outputSchema)] : [];
}

function functionTool(name: string, description: string, parameters: object) {
  return { type: 'function', function: { name, description, parameters } };
}

function turnOf({ text, calls: written, usage }: WholeAnswer, model: string, place: number): ModelTurn {
  const calls = written.map(({ id, name, args }, index): RequestedCall => {
    // Some servers leave out the ids of calls; results must be able to name them.
    const call = { id: id || `call_${place}_${index}`, name: name ?? 'unnamed' };
    const input = jsonObject(args);
    return input ? { ...call, input } : { ...call, input: {}, malformed: args };
  });
  // Malformed calls go back in a form that providers accept, or the next request would be refused as a whole.
  const message = new AIMessage({
    content: text,
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      name,
      args: input as Record<string, unknown>,
      type: 'tool_call',
    })),
  });
  return { message, model, text: text.trim(), calls, usage };
}

/** The object that the text is, or `undefined`; no text at all stands for no arguments. */
function jsonObject(text: string): object | undefined {
  try {
    const value = JSON.parse(text.trim() || '{}') as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
