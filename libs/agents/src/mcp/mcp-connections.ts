import type { Client } from '@modelcontextprotocol/sdk/client/index.js' with { 'resolution-mode': 'import' };
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { EgressClient } from '../egress/egress-client';
import type { EgressRule } from '../egress/egress-rule';
import { SecretRef } from '../egress/secret';
import { revealed, Secrets } from '../egress/secrets';
import { McpUnavailable } from '../errors';
import type { HttpMcpServer, McpServerTools, StdioMcpServer } from './mcp-server';

const CONNECT_MS = 10_000;
/** A call that is under way ends first. */
const RETIRE_MS = 60_000;

interface Connection {
  client: Promise<Client>;
  /** What of its secrets it cannot take up later: the URL, or the environment of the process. */
  madeWith: string;
}

/** One connection per server and agent, made when it is needed and made again when it was lost or a secret of it was changed. */
@Injectable()
export class McpConnections implements OnApplicationShutdown {
  private readonly open = new Map<string, Connection>();
  private readonly retired = new Set<Connection>();

  constructor(
    private readonly egress: EgressClient,
    private readonly secrets: Secrets,
  ) {}

  /** Throws `McpUnavailable`. */
  async client(server: McpServerTools, rule: EgressRule): Promise<Client> {
    const key = `${rule.agent}/${server.options.name}`;
    const madeWith = this.secretsOf(server);
    const known = this.open.get(key);
    if (known?.madeWith === madeWith) return known.client;
    if (known) this.retire(known, server);
    const drop = (): void => void (this.open.get(key) === connection && this.open.delete(key));
    const connection: Connection = { madeWith, client: this.connect(server, rule, drop) };
    this.open.set(key, connection);
    connection.client.catch(drop);
    return connection.client;
  }

  /** The next call connects anew. */
  async forget(server: McpServerTools, { agent }: EgressRule): Promise<void> {
    const key = `${agent}/${server.options.name}`;
    const known = this.open.get(key);
    this.open.delete(key);
    if (known) await close(known);
  }

  redact(text: string): string {
    return this.secrets.redact(text);
  }

  async onApplicationShutdown(): Promise<void> {
    const connections = [...this.open.values(), ...this.retired];
    this.open.clear();
    await Promise.all(connections.map(close));
  }

  private retire(connection: Connection, { options: { timeoutMs = 0 } }: McpServerTools): void {
    this.retired.add(connection);
    const end = (): void => void close(connection).then(() => this.retired.delete(connection));
    setTimeout(end, Math.max(RETIRE_MS, timeoutMs)).unref();
  }

  private secretsOf({ options }: McpServerTools): string {
    const given = 'command' in options ? Object.values(options.env ?? {}) : [options.url];
    try {
      return JSON.stringify(given.map((value) => revealed(value, this.secrets)));
    } catch {
      // Connecting says which secret is missing.
      return '';
    }
  }

  private async connect({ options }: McpServerTools, rule: EgressRule, onEnd: () => void): Promise<Client> {
    // The SDK is loaded by the first agent that has a server.
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const client = new Client({ name: 'reflex', version: '1' });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client is no EventTarget
    client.onclose = onEnd;
    try {
      const transport = 'command' in options ? await this.process(options) : await this.http(options, rule);
      await client.connect(transport, { timeout: CONNECT_MS });
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw new McpUnavailable(options.name, this.redact(String(error)));
    }
  }

  private async http({ url, headers = {} }: HttpMcpServer, rule: EgressRule): Promise<Transport> {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const fetch = this.egress.fetchFor(rule, headers);
    // A lost stream is not resumed behind our back: whoever calls decides whether to call again.
    const reconnectionOptions = {
      maxRetries: 0,
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
    };
    const target = new URL(url instanceof SecretRef ? this.secrets.reveal(url) : url);
    return new StreamableHTTPClientTransport(target, { fetch, reconnectionOptions });
  }

  private async process({ command, args = [], env = {} }: StdioMcpServer): Promise<Transport> {
    const { getDefaultEnvironment, StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const given = Object.entries(env).map(([name, value]) => [name, revealed(value, this.secrets)]);
    return new StdioClientTransport({
      command,
      args: [...args],
      env: { ...getDefaultEnvironment(), ...Object.fromEntries(given) },
      // What it prints may hold anything; only its answers are of interest.
      stderr: 'ignore',
    });
  }
}

async function close({ client }: Connection): Promise<void> {
  await client.then((connected) => connected.close()).catch(() => undefined);
}
