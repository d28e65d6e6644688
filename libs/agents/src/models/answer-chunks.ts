import { AIMessageChunk, type UsageMetadata } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import type { WrittenCall } from './answer-pieces';

/** An answer as a model would stream it: word by word, then its calls and its tokens. */
export function* answerChunks(text: string, calls: readonly WrittenCall[], usage_metadata?: UsageMetadata) {
  for (const word of text.match(/\S+\s*|\s+/g) ?? []) yield chunkOf({ content: word });
  const tool_call_chunks = calls.map((call, index) => ({ ...call, index, type: 'tool_call_chunk' as const }));
  yield chunkOf({ content: '', tool_call_chunks, usage_metadata });
}

function chunkOf(fields: ConstructorParameters<typeof AIMessageChunk>[0] & { content: string }): ChatGenerationChunk {
  return new ChatGenerationChunk({ text: fields.content, message: new AIMessageChunk(fields) });
}
