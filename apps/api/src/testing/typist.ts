import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { openaiPiece, startRawModelServer, streamHead, type RawModelServer } from '@reflex/test';

/** A model that writes what a test lets it write, when it does. */
export interface Typist {
  /** For `OPENAI_BASE_URL`. */
  url: string;
  /** In the answer that is being written; waits for the question. */
  write(text: string): Promise<void>;
  /** Ends the answer. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTypist(): Promise<Typist> {
  const waiting: ServerResponse[] = [];
  let onQuestion: (() => void) | undefined;
  const server: RawModelServer = await startRawModelServer(async (response) => {
    streamHead(response);
    response.flushHeaders();
    waiting.push(response);
    onQuestion?.();
    await once(response, 'close');
  });
  const current = async (): Promise<ServerResponse> => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (onQuestion = resolve));
    return waiting[0]!;
  };
  return {
    url: server.url,
    write: async (text) => void (await current()).write(openaiPiece(text)),
    finish: async () => {
      const response = await current();
      waiting.shift();
      response.end(openaiPiece('', 'stop'));
    },
    stop: () => server.stop(),
  };
}
