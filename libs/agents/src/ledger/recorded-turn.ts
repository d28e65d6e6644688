import { AIMessage, type MessageContent, type UsageMetadata } from '@langchain/core/messages';
import type { ModelTurn, RequestedCall } from '../model-turn';
import { plainJson } from '../plain-json';

interface TurnJson {
  model: string;
  content: MessageContent;
  calls: RequestedCall[];
  usage?: UsageMetadata;
}

/** A turn as the ledger keeps it. */
export function turnToJson({ message, model, calls, usage }: ModelTurn): unknown {
  return plainJson({ model, content: message.content, calls, usage } satisfies TurnJson);
}

/** The same turn again; serialised objects of LangChain in it stay plain data. */
export function turnFromJson(json: unknown): ModelTurn {
  const { model, content, calls, usage } = json as TurnJson;
  const message = new AIMessage({
    content,
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      name,
      args: input as Record<string, unknown>,
      type: 'tool_call',
    })),
  });
  return { message, model, text: message.text.trim(), calls, usage };
}
