import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import { AIMessage, type AIMessageChunk, HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import type { JsonSchema } from '../../agent-definition';
import { RESPOND } from '../../answer';
import { EFFECT_NOTES } from '../../model-turn';
import { DATA_START } from '../../prompt';
import { answerChunks } from '../answer-chunks';
import { fillSchema } from './schema-filler';
import { shortened, TextFacts } from './text-facts';

export const OFFLINE_LABEL = '[offline model]';

interface OfflineTool {
  name: string;
  description: string;
  parameters: JsonSchema;
}

interface OfflineCallOptions {
  tools?: OfflineTool[];
  tool_choice?: string;
}

/**
 * A chat model made of rules: no network, no key, the same answer each time. It calls each tool that only reads and each
 * acting tool that the prompt speaks of, at most once, then answers in the output schema. It understands nothing.
 */
export class OfflineChatModel extends BaseChatModel<OfflineCallOptions & BaseChatModel['ParsedCallOptions']> {
  constructor() {
    super({});
  }

  _llmType(): string {
    return 'offline';
  }

  override bindTools(
    tools: BindToolsInput[],
    options: Partial<OfflineCallOptions> = {},
  ): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    const bound = tools.map((tool) => {
      const {
        name,
        description = '',
        parameters,
      } = convertToOpenAITool(tool as Parameters<typeof convertToOpenAITool>[0]).function;
      return { name, description, parameters };
    });
    return this.withConfig({ ...options, tools: bound });
  }

  _generate(
    messages: BaseMessage[],
    { tools = [], tool_choice: forced }: this['ParsedCallOptions'],
  ): Promise<ChatResult> {
    const lastInput = messages.findLast((message) => HumanMessage.isInstance(message));
    // What was said before stands before it, what is to be repaired after it.
    const inputs = messages.filter((message) => HumanMessage.isInstance(message));
    const input = inputs.findLast(({ text }) => text.includes(DATA_START)) ?? inputs[0];
    const facts = new TextFacts(input?.text ?? '');
    const calls = forced
      ? tools.filter(({ name }) => name === forced)
      : nextTools(tools, messages, `${messages[0]?.text ?? ''} ${lastInput?.text ?? ''}`);

    const message = new AIMessage({
      content: calls.length > 0 ? '' : inWords(facts, messages),
      tool_calls: calls.map(({ name, parameters }, index) => ({
        id: `offline_${messages.length}_${index}`,
        name,
        args: fillSchema(parameters, facts) as Record<string, unknown>,
        type: 'tool_call' as const,
      })),
    });
    const read = tokensIn(messages.map(({ text }) => text).join(''));
    const output = tokensIn(message.text + JSON.stringify(message.tool_calls));
    message.usage_metadata = { input_tokens: read, output_tokens: output, total_tokens: read + output };
    return Promise.resolve({ generations: [{ text: message.text, message }] });
  }

  /** Word by word, so that people see on a laptop what they will see of a real model. */
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatGenerationChunk> {
    const { generations } = await this._generate(messages, options);
    const { text, tool_calls: calls = [], usage_metadata } = generations[0]!.message as AIMessage;
    const written = calls.map(({ id, name, args }) => ({ id, name, args: JSON.stringify(args) }));
    yield* answerChunks(text, written, usage_metadata);
  }
}

/** First everything that reads, then what acts and is spoken of, then the answer. */
function nextTools(tools: OfflineTool[], messages: BaseMessage[], prompt: string): OfflineTool[] {
  const called = new Set(
    messages
      .flatMap((message) => (AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []))
      .map(({ name }) => name),
  );
  const open = tools.filter(({ name }) => !called.has(name) && name !== RESPOND);
  const reads = open.filter(({ description }) => description.endsWith(EFFECT_NOTES.none));
  if (reads.length > 0) return reads;
  const words = wordsOf(prompt);
  const spokenOf = open.filter(({ name }) => wordsOf(name).some((word) => words.includes(word)));
  if (spokenOf.length > 0) return spokenOf;
  return tools.filter(({ name }) => name === RESPOND);
}

function inWords({ gist }: TextFacts, messages: BaseMessage[]): string {
  const told = messages.filter((message) => ToolMessage.isInstance(message));
  const results = told.map(({ name, text }) => `${name} says: ${shortened(text, 300)}`);
  const advice = 'Set OPENAI_API_KEY for an answer of a real model.';
  return [`${OFFLINE_LABEL} I read: "${gist}".`, ...results, advice].join('\n');
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z]{4,}/g) ?? [];
}

// A rule of thumb for English; the offline model has no tokens of its own.
function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}
