import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ToolCall } from '../../tool.decorator';
import { EgressClient } from '../egress-client';
import type { EgressOptions } from '../egress-options';
import type { EgressRule } from '../egress-rule';
import { Secrets } from '../secrets';

export interface FakeSite {
  url: string;
  port: number;
  requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  stop(): Promise<void>;
}

/** A server on loopback that answers what it is told, and keeps what it was asked. */
export async function startSite(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeSite> {
  const requests: FakeSite['requests'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A call as the runner makes it, of a tool that may connect to these hosts. */
export function callTo(hosts: EgressRule['toolHosts'], rest: Partial<ToolCall> & Partial<EgressRule> = {}): ToolCall {
  const { agentHosts = null, key = 'key-1', signal = new AbortController().signal } = rest;
  return { key, signal, callId: 'call-1', egress: { agent: 'judge', tool: 'send', toolHosts: hosts, agentHosts } };
}

export function clientWith(options: EgressOptions = {}, secrets: Record<string, string> = {}): EgressClient {
  return new EgressClient(options, new Secrets(secrets));
}
