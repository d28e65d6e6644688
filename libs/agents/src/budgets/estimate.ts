import type { BaseMessage } from '@langchain/core/messages';
import type { AgentDefinition } from '../agent-definition';
import { countTokens } from '../memory/token-count';
import type { ModelPrice } from './price-table';

const MILLION = 1_000_000;
/** Tokens around each message, about. */
const FRAME = 4;
/** Characters of a token, about. */
const CHARS = 4;

const counted = new WeakMap<object, Promise<number>>();

/** What a call may use: tokens and dollars at most, and what it costs to have asked. */
export interface Estimate {
  input: number;
  tokens: { most: number; least: number };
  /** `undefined` for a model without a price. */
  usd?: { most: number; least: number };
}

/** Of messages and the tools that are shown with them. What was counted is not counted again. */
export async function estimateOf(
  { tools, outputSchema }: AgentDefinition,
  messages: readonly BaseMessage[],
  outputTokens: number,
  price: ModelPrice | undefined,
): Promise<Estimate> {
  const parts = await Promise.all([
    ...messages.map((message) => tokensOf(message, () => textOf(message))),
    ...tools.map((tool) =>
      tokensOf(tool, () => `${tool.name} ${tool.description} ${JSON.stringify(tool.inputSchema)}`),
    ),
    ...(outputSchema ? [tokensOf(outputSchema, () => JSON.stringify(outputSchema))] : []),
  ]);
  const input = parts.reduce((sum, tokens) => sum + tokens + FRAME, 0);
  const tokens = { most: input + outputTokens, least: input };
  if (!price) return { input, tokens };
  const dear = Math.max(price.input, price.cacheWrite ?? 0);
  const usd = {
    most: (input * dear + outputTokens * price.output) / MILLION,
    least: (input * price.input) / MILLION,
  };
  return { input, tokens, usd };
}

/** Tokens that a model has written before it broke off. */
export function tokensOfChars(chars: number): number {
  return Math.ceil(chars / CHARS);
}

function tokensOf(what: object, text: () => string): Promise<number> {
  let tokens = counted.get(what);
  if (!tokens) counted.set(what, (tokens = countTokens(text())));
  return tokens;
}

function textOf(message: BaseMessage): string {
  const { tool_calls } = message as { tool_calls?: unknown[] };
  return tool_calls?.length ? `${message.text} ${JSON.stringify(tool_calls)}` : message.text;
}
