import { AIMessage, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import type { AgentDefinition, ToolDefinition } from './agent-definition';
import { RESPOND } from './answer';
import type { AgentModel } from './models/models';
import { explainModelError } from './models/provider-errors';
import type { ToolEffect } from './tool.decorator';
import { untilAborted } from './until-aborted';

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

/** Asks the model once; no retries. With `mustAnswer` it has to give the final answer now. */
export async function askModel(
  model: AgentModel,
  agent: AgentDefinition,
  messages: BaseMessage[],
  { mustAnswer, signal }: { mustAnswer: boolean; signal: AbortSignal },
): Promise<ModelTurn> {
  const tools = [...agent.tools.map(toolForModel), ...respondTool(agent)];
  const force = mustAnswer && agent.output ? { tool_choice: RESPOND } : {};
  const bound = tools.length > 0 ? model.chat.bindTools?.(tools, force) : model.chat;
  if (!bound)
    throw new TypeError(`${model.name} cannot call tools. Choose a model that can, or an agent without tools.`);
  try {
    return turnOf(await untilAborted(() => bound.invoke(messages, { signal }), signal), messages.length);
  } catch (error) {
    signal.throwIfAborted();
    throw explainModelError(error, model);
  }
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

function turnOf(raw: AIMessage, place: number): ModelTurn {
  // Some servers leave out the ids of calls; results must be able to name them.
  const idOf = (id: string | undefined, index: number) => id || `call_${place}_${index}`;
  const wellFormed = raw.tool_calls ?? [];
  const calls: RequestedCall[] = [
    ...wellFormed.map((call, index) => ({ id: idOf(call.id, index), name: call.name, input: call.args as unknown })),
    ...(raw.invalid_tool_calls ?? []).map((call, index) => ({
      id: idOf(call.id, wellFormed.length + index),
      name: call.name ?? 'unnamed',
      input: {},
      malformed: call.args ?? '',
    })),
  ];
  // Malformed calls go back in a form that providers accept, or the next request would be refused as a whole.
  const message = new AIMessage({
    content: raw.content,
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      name,
      args: input as Record<string, unknown>,
      type: 'tool_call',
    })),
  });
  return { message, text: raw.text.trim(), calls, usage: raw.usage_metadata };
}
