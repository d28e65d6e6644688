import { AIMessageChunk, type AIMessage } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';

/** A message as a model would stream it: word by word, then its calls and its tokens. */
export function* messageChunks({ text, tool_calls: calls = [], usage_metadata }: AIMessage) {
  for (const word of text.match(/\S+\s*|\s+/g) ?? []) yield chunkOf({ content: word });
  const tool_call_chunks = calls.map(({ id, name, args }, index) => ({
    id,
    name,
    args: JSON.stringify(args),
    index,
    type: 'tool_call_chunk' as const,
  }));
  yield chunkOf({ content: '', tool_call_chunks, usage_metadata });
}

function chunkOf(fields: ConstructorParameters<typeof AIMessageChunk>[0] & { content: string }): ChatGenerationChunk {
  return new ChatGenerationChunk({ text: fields.content, message: new AIMessageChunk(fields) });
}
