import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export interface ToolServer {
  url: string;
  port: number;
  /** Headers of the requests so far. */
  headers: IncomingHttpHeaders[];
  /** Calls so far, with their arguments and what came beside them. */
  calls: { tool: string; input: unknown; meta: unknown }[];
  /** How it treats the next calls: answers, says nothing, or hangs up. */
  mood: 'good' | 'silent' | 'rude';
  stop(): Promise<void>;
}

/** A server of the SDK with three tools, over streamable HTTP on a free port. */
export async function startToolServer({ json = false } = {}): Promise<ToolServer> {
  const http = createServer((request, response) => {
    running.headers.push(request.headers);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const isCall = text.includes('"tools/call"');
      if (isCall && running.mood === 'silent') return;
      if (isCall && running.mood === 'rude') {
        request.socket.destroy();
        return;
      }
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: json });
      void serverFor(running)
        .connect(transport)
        .then(() => transport.handleRequest(request, response, text === '' ? undefined : JSON.parse(text)));
    });
  });
  const running: ToolServer = {
    url: '',
    port: 0,
    headers: [],
    calls: [],
    mood: 'good',
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  running.port = (http.address() as AddressInfo).port;
  running.url = `http://127.0.0.1:${running.port}/mcp`;
  return running;
}

/** Also for a process of its own, over stdio. */
export function serverFor(seen: Pick<ToolServer, 'calls' | 'headers'>): McpServer {
  const server = new McpServer({ name: 'tracker', version: '1' });
  const add = (name: string, description: string, answer: (input: { text: string }) => CallToolResult): void => {
    server.registerTool(name, { description, inputSchema: { text: z.string() } }, (input, { _meta }) => {
      seen.calls.push({ tool: name, input, meta: _meta });
      return answer(input);
    });
  };
  const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
  add('find', 'Finds issues.', ({ text }) =>
    said(`found ${text} for ${String(seen.headers.at(-1)?.['authorization'])}`),
  );
  add('create', 'x'.repeat(5_000), ({ text }) => said(`created ${text}`));
  add('fail', 'Fails.', () => ({ isError: true, content: [{ type: 'text', text: 'No such project.' }] }));
  add('picture', 'Draws.', () => ({ content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] }));
  add('erase_all', 'Erases everything.', () => said('erased'));
  return server;
}
