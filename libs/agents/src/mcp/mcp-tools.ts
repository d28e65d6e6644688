import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { AgentDefinition, JsonSchema, ToolDefinition } from '../agent-definition';
import { approvalPolicy } from '../approval';
import type { EgressRule } from '../egress/egress-rule';
import { EgressRefused } from '../egress/errors';
import { McpUnavailable, OutcomeUnknown } from '../errors';
import { capped } from '../prompt';
import type { ToolCall, ToolEffect } from '../tool.decorator';
import { McpConnections } from './mcp-connections';
import { egressOf, mcpToolName, type McpServerTools } from './mcp-server';

const CALL_MS = 60_000;
const LIST_MS = 10_000;
/** How long a list of tools is good, in milliseconds. */
const FRESH_MS = 5 * 60_000;
const MAX_DESCRIPTION_CHARS = 1_000;
/** Codes of the SDK for what did not come back: connection closed, time over. */
const NOT_ANSWERED = [-32_000, -32_001];

interface Loaded {
  tools: ToolDefinition[];
  at: number;
}

/** Makes the allowed tools of MCP servers tools of agents. */
@Injectable()
export class McpTools {
  private readonly loaded = new WeakMap<McpServerTools, Map<string, Loaded>>();

  constructor(private readonly connections: McpConnections) {}

  /** The agent with the tools of its servers among its own. Connects if need be; throws `McpUnavailable`. */
  async complete(agent: AgentDefinition): Promise<AgentDefinition> {
    const { servers = [] } = agent;
    if (servers.length === 0) return agent;
    const remote = await Promise.all(servers.map((server) => this.toolsOf(server, agent)));
    return { ...agent, tools: [...agent.tools, ...remote.flat()] };
  }

  private async toolsOf(server: McpServerTools, agent: AgentDefinition): Promise<ToolDefinition[]> {
    const byAgent = this.loaded.get(server) ?? new Map<string, Loaded>();
    this.loaded.set(server, byAgent);
    const known = byAgent.get(agent.name);
    if (known && performance.now() - known.at < FRESH_MS) return known.tools;

    const { name, allow } = server.options;
    const rule = ruleOf(server, agent);
    const offered = await this.list(server, rule);
    const missing = allow.find((tool) => !offered.has(tool));
    if (missing) throw new McpUnavailable(name, `it offers no tool "${missing}", which @Agent({ tools }) allows`);
    const tools = allow.map((tool) => this.define(server, rule, offered.get(tool)!));
    byAgent.set(agent.name, { tools, at: performance.now() });
    return tools;
  }

  private async list(server: McpServerTools, rule: EgressRule): Promise<Map<string, Tool>> {
    try {
      const client = await this.connections.client(server, rule);
      const found = new Map<string, Tool>();
      let cursor: string | undefined;
      do {
        const page = await client.listTools({ cursor }, { timeout: LIST_MS });
        for (const tool of page.tools) found.set(tool.name, tool);
        cursor = found.size < 1_000 ? page.nextCursor : undefined;
      } while (cursor);
      return found;
    } catch (error) {
      await this.connections.forget(server, rule);
      if (error instanceof McpUnavailable) throw error;
      throw new McpUnavailable(server.options.name, this.connections.redact(String(error)));
    }
  }

  private define(server: McpServerTools, rule: EgressRule, tool: Tool): ToolDefinition {
    const { name, effects = {}, approve = [], reads } = server.options;
    const effect = effects[tool.name] ?? 'unkeyed';
    const schema = { additionalProperties: false, ...tool.inputSchema } as JsonSchema;
    return {
      name: mcpToolName(name, tool.name),
      // Written by others, as the rest of what comes from there; the owner has allowed the tool, not any length of words.
      description: capped((tool.description ?? tool.title ?? tool.name).trim(), MAX_DESCRIPTION_CHARS),
      effect,
      approval: approvalPolicy(approve.includes(tool.name) ? 'always' : undefined, tool.name),
      input: z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]),
      inputSchema: schema,
      reads,
      egress: egressOf(server),
      execute: (input: Record<string, unknown>, call) =>
        this.call(server, { rule, tool: tool.name, effect }, input, call),
    };
  }

  private async call(
    server: McpServerTools,
    { rule, tool, effect }: { rule: EgressRule; tool: string; effect: ToolEffect },
    input: Record<string, unknown>,
    { key, signal }: Pick<ToolCall, 'key' | 'signal'>,
  ): Promise<string> {
    const { name, timeoutMs = CALL_MS } = server.options;
    const client = await this.connections.client(server, rule);
    let result: CallToolResult;
    try {
      const params = { name: tool, arguments: input, _meta: { 'idempotency-key': key } };
      const options = { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs };
      result = (await client.callTool(params, undefined, options)) as CallToolResult;
    } catch (error) {
      signal.throwIfAborted();
      const text = this.connections.redact(error instanceof Error ? error.message : String(error));
      if (isAnswer(error)) throw new Error(text, { cause: error });
      await this.connections.forget(server, rule);
      if (effect !== 'none' && !(error instanceof EgressRefused)) throw new OutcomeUnknown(`${name}: ${text}`);
      throw new McpUnavailable(name, text);
    }
    const text = this.connections.redact(textOf(result));
    if (result.isError) throw new Error(text);
    return text;
  }
}

/** What counts for a server in the hands of an agent; its own host is allowed by its URL. */
function ruleOf(server: McpServerTools, agent: AgentDefinition): EgressRule {
  return {
    agent: agent.name,
    tool: server.options.name,
    toolHosts: egressOf(server),
    agentHosts: agent.egress ?? null,
  };
}

// The server has answered: it did not do it. Of anything else nobody knows.
function isAnswer(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'McpError' && typeof code === 'number' && !NOT_ANSWERED.includes(code);
}

function textOf({ content, structuredContent }: CallToolResult): string {
  const parts = (content ?? []).map((part) => {
    if (part.type === 'text') return part.text;
    if (part.type === 'resource' && 'text' in part.resource) return part.resource.text;
    if (part.type === 'resource_link') return part.uri;
    return `[${part.type} left out]`;
  });
  return parts.length > 0 ? parts.join('\n') : JSON.stringify(structuredContent ?? {});
}
