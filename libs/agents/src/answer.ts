import { z } from 'zod';
import type { AgentDefinition } from './agent-definition';
import type { ModelTurn, RequestedCall } from './model-turn';
import { plainJson } from './plain-json';

/** The tool by which a model gives an answer in the output schema; every provider that knows tools knows this. */
export const RESPOND = 'respond';

export type Answer =
  | { ok: true; value: unknown }
  /** `call` is the one that has to be told, if the model answered by a call. */
  | { ok: false; issues: string; words: string; call?: RequestedCall };

/** The answer in a turn that ends the work: a call of `respond`, or text for models that would rather talk. */
export function readAnswer(agent: AgentDefinition, turn: ModelTurn): Answer {
  if (!agent.output) {
    return turn.text === ''
      ? { ok: false, issues: 'The answer is empty.', words: '' }
      : { ok: true, value: plainJson(turn.text) };
  }
  const call = turn.calls.find(({ name }) => name === RESPOND);
  const words = call ? (call.malformed ?? JSON.stringify(call.input)) : turn.text;
  const input = call ? (call.malformed === undefined ? call.input : undefined) : jsonIn(turn.text);
  if (input === undefined) {
    return { ok: false, issues: 'It is not JSON in the shape of the output schema.', words, call };
  }
  const parsed = agent.output.safeParse(plainJson(input));
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, issues: z.prettifyError(parsed.error), words, call };
}

function jsonIn(text: string): unknown {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(text.slice(start, end + 1)) as unknown;
  } catch {
    // Not JSON: then it is prose, and the model is asked once more.
    return undefined;
  }
}
