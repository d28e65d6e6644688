import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Writes one answer, byte by byte as it likes; what it throws ends the connection. */
export type RawAnswer = (response: ServerResponse) => Promise<void> | void;

export interface RawModelServer {
  /** For `OPENAI_BASE_URL`, and without `/v1` for Anthropic's. */
  url: string;
  requests: number;
  /** Connections on which an answer is still being written. */
  open: number;
  stop(): Promise<void>;
}

/** A server whose answers a test writes itself, faults included: the last answer is given again and again. */
export async function startRawModelServer(...answers: RawAnswer[]): Promise<RawModelServer> {
  const http = createServer((request, response) => {
    const answer = answers[Math.min(server.requests, answers.length - 1)]!;
    server.requests += 1;
    server.open += 1;
    response.on('close', () => (server.open -= 1));
    request.resume().on('end', () => void Promise.resolve(answer(response)).catch(() => response.destroy()));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: RawModelServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    requests: 0,
    open: 0,
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

/** The beginning of a stream of server-sent events. */
export function streamHead(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** A piece of text in OpenAI's stream; with `finish`, the last one. */
export function openaiPiece(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: { role: 'assistant', content }, finish_reason: finish };
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] })}\n\n`;
}

/** The same in Anthropic's, from the beginning of the message. */
export function anthropicBeginning(text: string): string {
  const usage = { input_tokens: 5, output_tokens: 1 };
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage };
  return [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}
