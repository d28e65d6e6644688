import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models';
import { AIMessage, type AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { PermanentError } from '@reflex/core';
import { RESPOND } from '../answer';
import { messageChunks } from '../models/message-chunks';

/** One question to the model. */
export interface Asked {
  /** The system prompt. */
  prompt: string;
  /** What stands behind it: the input, earlier answers, results of tools. */
  messages: BaseMessage[];
  /** Names of the tools that it may call; `respond` gives the answer of an agent with an output schema. */
  tools: string[];
}

/** One answer of a scripted model; what is left out is empty. */
export interface ScriptedTurn {
  text?: string;
  calls?: { tool: string; input?: object; id?: string }[];
  /** The final answer of an agent that has an output schema. */
  output?: object;
  /** What has to stand in the question; otherwise the model fails and says what is missing. */
  expects?: string | RegExp | (string | RegExp)[];
  /** Default: a token per four characters. */
  usage?: { input_tokens: number; output_tokens: number };
}

/** Text, a turn, an error to throw, or a function that makes one of them of the question. */
export type ScriptLine = string | Error | ScriptedTurn | ((asked: Asked) => ScriptedLine | Promise<ScriptedLine>);
type ScriptedLine = string | Error | ScriptedTurn;

/** The script and the questions do not fit together. */
export class OffScript extends PermanentError {
  override readonly code = 'off_script';
}

interface ScriptedCallOptions {
  tools?: string[];
}

/** A chat model that says what it is told to, in order, and remembers what it was asked. */
export function scriptedModel(script: readonly ScriptLine[]): ScriptedModel {
  return new ScriptedModel(script);
}

export class ScriptedModel extends BaseChatModel<ScriptedCallOptions & BaseChatModel['ParsedCallOptions']> {
  /** All questions so far. */
  readonly asked: Asked[] = [];

  constructor(private readonly script: readonly ScriptLine[]) {
    super({});
  }

  /** How many answers nobody has asked for yet. */
  get left(): number {
    return Math.max(0, this.script.length - this.asked.length);
  }

  _llmType(): string {
    return 'scripted';
  }

  override bindTools(tools: BindToolsInput[]): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    const names = tools.map((tool) => convertToOpenAITool(tool as Parameters<typeof convertToOpenAITool>[0]));
    return this.withConfig({ tools: names.map((tool) => tool.function.name) });
  }

  async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const message = await this.answer(messages, options.tools ?? []);
    return { generations: [{ text: message.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatGenerationChunk> {
    yield* messageChunks(await this.answer(messages, options.tools ?? []));
  }

  private async answer([first, ...others]: BaseMessage[], tools: string[]): Promise<AIMessage> {
    const isSystem = first?.type === 'system';
    const asked: Asked = {
      prompt: isSystem ? first.text : '',
      // A copy: the agent goes on with its list.
      messages: isSystem || !first ? [...others] : [first, ...others],
      tools,
    };
    const number = this.asked.push(asked);
    if (number > this.script.length) throw this.ended(number, asked);
    const scripted = this.script[number - 1]!;
    const line = typeof scripted === 'function' ? await scripted(asked) : scripted;
    if (line instanceof Error) throw line;
    const turn = typeof line === 'string' ? { text: line } : line;
    assertExpected(turn, asked, number);
    return messageOf(turn, asked, number);
  }

  private ended(number: number, { messages }: Asked): OffScript {
    const last = messages.at(-1);
    return new OffScript(
      `The script ends after ${this.script.length} answers, but the model is asked for answer ${number}; the last thing it was told is: ${shown(last?.text ?? '')}. Add an answer to the script, or find out why the agent goes on.`,
    );
  }
}

function assertExpected({ expects = [] }: ScriptedTurn, asked: Asked, number: number): void {
  const text = [asked.prompt, ...asked.messages.map((message) => message.text)].join('\n');
  for (const fragment of [expects].flat()) {
    if (typeof fragment === 'string' ? text.includes(fragment) : fragment.test(text)) continue;
    const wanted = typeof fragment === 'string' ? JSON.stringify(fragment) : String(fragment);
    throw new OffScript(`Question ${number} does not hold ${wanted}. The model was asked:\n${shown(text, 4_000)}`);
  }
}

function messageOf({ text = '', calls = [], output, usage }: ScriptedTurn, asked: Asked, number: number): AIMessage {
  const wanted = output === undefined ? calls : [...calls, { tool: RESPOND, input: output }];
  const message = new AIMessage({
    content: text,
    tool_calls: wanted.map(({ tool, input = {}, ...call }, index) => ({
      id: 'id' in call && call.id ? call.id : `scripted_${number}_${index}`,
      name: tool,
      args: input as Record<string, unknown>,
      type: 'tool_call' as const,
    })),
  });
  const read = [asked.prompt, ...asked.messages.map((each) => each.text)].join('');
  const input_tokens = usage?.input_tokens ?? tokensIn(read);
  const output_tokens = usage?.output_tokens ?? tokensIn(text + JSON.stringify(message.tool_calls));
  message.usage_metadata = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
  return message;
}

function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}

function shown(text: string, limit = 300): string {
  return text.length <= limit ? text : `${text.slice(0, limit).toWellFormed()}…`;
}
