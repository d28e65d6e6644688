import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models';
import { AIMessage, type AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { PermanentError } from '@reflex/core';
import { RESPOND } from '../answer';
import { answerChunks } from '../models/answer-chunks';
import type { WrittenCall } from '../models/answer-pieces';

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
  calls?: {
    tool: string;
    input?: object;
    /** Default: one that tells the answer and the place. */
    id?: string;
    /** What the model writes instead of JSON. */
    malformed?: string;
  }[];
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

/** Answers in order, or a function that answers all questions, of which the first is number 1. */
export type Script = readonly ScriptLine[] | ((asked: Asked, number: number) => ScriptedLine | Promise<ScriptedLine>);

/** A chat model that says what it is told to, and remembers what it was asked. */
export function scriptedModel(script: Script): ScriptedModel {
  return new ScriptedModel(script);
}

export class ScriptedModel extends BaseChatModel<ScriptedCallOptions & BaseChatModel['ParsedCallOptions']> {
  /** All questions so far. */
  readonly asked: Asked[] = [];

  constructor(private readonly script: Script) {
    super({});
  }

  /** How many answers of the script nobody has asked for yet. */
  get left(): number {
    return typeof this.script === 'function' ? 0 : Math.max(0, this.script.length - this.asked.length);
  }

  _llmType(): string {
    return 'scripted';
  }

  override bindTools(tools: BindToolsInput[]): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    const names = tools.map((tool) => convertToOpenAITool(tool as Parameters<typeof convertToOpenAITool>[0]));
    return this.withConfig({ tools: names.map((tool) => tool.function.name) });
  }

  async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const { text, calls, usage } = await this.answer(messages, options.tools ?? []);
    const message = new AIMessage({
      content: text,
      tool_calls: calls.map(({ id, name = '', args }) => ({
        id,
        name,
        args: JSON.parse(args) as object,
        type: 'tool_call',
      })),
      usage_metadata: usage,
    });
    return { generations: [{ text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatGenerationChunk> {
    const { text, calls, usage } = await this.answer(messages, options.tools ?? []);
    yield* answerChunks(text, calls, usage);
  }

  private async answer([first, ...others]: BaseMessage[], tools: string[]): Promise<Answered> {
    const isSystem = first?.type === 'system';
    const asked: Asked = {
      prompt: isSystem ? first.text : '',
      // A copy: the agent goes on with its list.
      messages: isSystem || !first ? [...others] : [first, ...others],
      tools,
    };
    const number = this.asked.push(asked);
    const line = await this.line(asked, number);
    if (line instanceof Error) throw line;
    const turn = typeof line === 'string' ? { text: line } : line;
    assertExpected(turn, asked, number);
    return answerOf(turn, asked, number);
  }

  private line(asked: Asked, number: number): ScriptedLine | Promise<ScriptedLine> {
    if (typeof this.script === 'function') return this.script(asked, number);
    const line = this.script[number - 1];
    if (line === undefined) throw ended(this.script.length, number, asked);
    return typeof line === 'function' ? line(asked) : line;
  }
}

interface Answered {
  text: string;
  calls: WrittenCall[];
  usage: UsageMetadata;
}

function ended(length: number, number: number, { messages }: Asked): OffScript {
  const told = shown(messages.at(-1)?.text ?? '');
  return new OffScript(
    `The script ends after ${length} answers, but the model is asked for answer ${number}; the last thing it was told is: ${told}. Add an answer to the script, or find out why the agent goes on.`,
  );
}

function assertExpected({ expects = [] }: ScriptedTurn, asked: Asked, number: number): void {
  const text = [asked.prompt, ...asked.messages.map((message) => message.text)].join('\n');
  for (const fragment of [expects].flat()) {
    if (typeof fragment === 'string' ? text.includes(fragment) : fragment.test(text)) continue;
    const wanted = typeof fragment === 'string' ? JSON.stringify(fragment) : String(fragment);
    throw new OffScript(`Question ${number} does not hold ${wanted}. The model was asked:\n${shown(text, 4_000)}`);
  }
}

function answerOf({ text = '', calls = [], output, usage }: ScriptedTurn, asked: Asked, number: number): Answered {
  const given = [
    ...calls.map(({ tool, input = {}, id, malformed }) => ({
      id,
      name: tool,
      args: malformed ?? JSON.stringify(input),
    })),
    ...(output === undefined ? [] : [{ id: undefined, name: RESPOND, args: JSON.stringify(output) }]),
  ];
  const written = given.map(({ id, ...call }, index) => ({ ...call, id: id ?? `scripted_${number}_${index}` }));
  const read = [asked.prompt, ...asked.messages.map((each) => each.text)].join('');
  const input_tokens = usage?.input_tokens ?? tokensIn(read);
  const output_tokens = usage?.output_tokens ?? tokensIn(text + JSON.stringify(written));
  return { text, calls: written, usage: { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens } };
}

function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}

function shown(text: string, limit = 300): string {
  return text.length <= limit ? text : `${text.slice(0, limit).toWellFormed()}…`;
}
