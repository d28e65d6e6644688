import { type AIMessage, AIMessageChunk, type UsageMetadata } from '@langchain/core/messages';

/** A call of a tool as the model wrote it. */
export interface WrittenCall {
  id?: string;
  name?: string;
  /** JSON, if the model kept to it. */
  args: string;
}

/** An answer from its first to its last piece. */
export interface WholeAnswer {
  text: string;
  calls: WrittenCall[];
  usage?: UsageMetadata;
}

/**
 * Puts an answer together. LangChain would do it too, but parses the arguments of calls anew with every piece, which takes
 * minutes of CPU for a long answer.
 */
export class AnswerPieces {
  /** Characters so far. */
  chars = 0;
  /** The provider has said that this is all. */
  done = false;
  /** It says that it had to leave off before the end. */
  cutOff = false;
  private readonly texts: string[] = [];
  private readonly calls = new Map<string | number, { id?: string; name?: string; args: string[] }>();
  private usage: UsageMetadata | undefined;

  /** Answers the text in this piece. */
  add(piece: AIMessageChunk | AIMessage): string {
    const { text } = piece;
    if (text !== '') this.texts.push(text);
    this.chars += text.length;
    if (AIMessageChunk.isInstance(piece) && piece.tool_call_chunks?.length) this.addChunks(piece);
    else this.addCalls(piece);
    this.usage = most(this.usage, piece.usage_metadata);
    this.done ||= saysWhy(piece.response_metadata) || saysWhy(piece.additional_kwargs);
    this.cutOff ||= leftOff(piece.response_metadata) || leftOff(piece.additional_kwargs);
    return text;
  }

  whole(): WholeAnswer {
    return {
      text: this.texts.join(''),
      calls: [...this.calls.values()].map(({ args, ...call }) => ({ ...call, args: args.join('') })),
      usage: this.usage,
    };
  }

  private addChunks({ tool_call_chunks: chunks = [] }: AIMessageChunk): void {
    for (const { id, name, args, index } of chunks) {
      const call = this.callAt(this.keyOf(id, index));
      call.id ||= id;
      call.name ||= name;
      if (args) call.args.push(args);
      this.chars += (args?.length ?? 0) + (name?.length ?? 0);
    }
  }

  // Of models that do not stream.
  private addCalls({ tool_calls: calls = [], invalid_tool_calls: invalid = [] }: AIMessage): void {
    for (const { id, name, args } of calls) this.addWhole({ id, name, args: JSON.stringify(args) });
    for (const { id, name, args } of invalid) this.addWhole({ id, name, args: args ?? '' });
  }

  private addWhole({ id, name, args }: WrittenCall): void {
    Object.assign(this.callAt(`#${this.calls.size}`), { id, name, args: [args] });
    this.chars += args.length;
  }

  // Servers that leave out the index, or give all calls the same, send each call in one piece.
  private keyOf(id: string | undefined, index: number | undefined): string | number {
    if (index === undefined) return id ?? `#${this.calls.size}`;
    const known = this.calls.get(index)?.id;
    return id && known && known !== id ? `${index}/${id}` : index;
  }

  private callAt(key: string | number) {
    let call = this.calls.get(key);
    if (!call) this.calls.set(key, (call = { args: [] }));
    return call;
  }
}

function saysWhy(metadata: Record<string, unknown> | undefined): boolean {
  return Boolean(metadata?.['finish_reason'] ?? metadata?.['stop_reason']) || metadata?.['status'] === 'completed';
}

function leftOff(metadata: Record<string, unknown> | undefined): boolean {
  return ['length', 'max_tokens'].includes(String(metadata?.['finish_reason'] ?? metadata?.['stop_reason']));
}

// Who tells the tokens more than once counts from the beginning each time, so the most is what it came to.
function most(one: UsageMetadata | undefined, other: UsageMetadata | undefined): UsageMetadata | undefined {
  if (!one || !other) return one ?? other;
  const input_tokens = Math.max(one.input_tokens, other.input_tokens);
  const output_tokens = Math.max(one.output_tokens, other.output_tokens);
  return {
    input_tokens,
    output_tokens,
    total_tokens: input_tokens + output_tokens,
    input_token_details: details(one.input_token_details, other.input_token_details),
    output_token_details: details(one.output_token_details, other.output_token_details),
  };
}

function details<T extends Record<string, number | undefined> | undefined>(one: T, other: T): T {
  const names = [...Object.keys(one ?? {}), ...Object.keys(other ?? {})];
  return Object.fromEntries(names.map((name) => [name, Math.max(one?.[name] ?? 0, other?.[name] ?? 0)])) as T;
}
