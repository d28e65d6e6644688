import type { EgressHost } from '../egress/egress-rule';
import type { SecretRef } from '../egress/secret';
import { AgentSetupError } from '../errors';
import type { Reach, ToolEffect } from '../tool.decorator';

interface McpServerBase {
  /** Stands before the names of its tools: `github` makes `github_create_issue`. */
  name: string;
  /** The server's tools that agents may use. Whatever else it offers, now or later, does not reach a model. */
  allow: readonly string[];
  /** What its tools do to the outside world, by name; `unkeyed` for those that are not named: never repeated unasked. */
  effects?: Readonly<Record<string, ToolEffect>>;
  /** Those of its tools whose every call a person has to approve, as with `@Tool({ approval: 'always' })`. */
  approve?: readonly string[];
  /** `secrets`: they return what must not leave. */
  reads?: 'secrets';
  /** For one call, in milliseconds; default 60,000. */
  timeoutMs?: number;
}

/** A server over streamable HTTP, reached through the same vetted network as the `EgressClient`. */
export interface HttpMcpServer extends McpServerBase {
  url: string | SecretRef;
  headers?: Readonly<Record<string, string | SecretRef>>;
  /** Hosts that it may redirect to, beside its own. */
  egress?: readonly EgressHost[];
}

/** A server that is started as a process of this machine. Only code can name one: no setting, no request, no model. */
export interface StdioMcpServer extends McpServerBase {
  command: string;
  args?: readonly string[];
  /** What it gets of the environment, beside what every program needs, such as `PATH`. */
  env?: Readonly<Record<string, string | SecretRef>>;
}

/** The tools of a server that speaks the Model Context Protocol, for `@Agent({ tools })`. */
export class McpServerTools {
  constructor(readonly options: HttpMcpServer | StdioMcpServer) {}
}

const NAME = /^[a-zA-Z0-9_-]{1,24}$/;

/** Connects when an agent first runs, not at boot. */
export function mcpServer(options: HttpMcpServer | StdioMcpServer): McpServerTools {
  const { name, allow, effects = {}, approve = [] } = options;
  if (!NAME.test(name)) {
    throw new AgentSetupError(`"${name}" is no name for an MCP server: use up to 24 letters, digits, _ and -.`);
  }
  if (allow.length === 0) throw new AgentSetupError(`The MCP server "${name}" allows no tool. Name those to use.`);
  const stray = [...Object.keys(effects), ...approve].find((tool) => !allow.includes(tool));
  if (stray) throw new AgentSetupError(`The MCP server "${name}" speaks of "${stray}", but does not allow it.`);
  return new McpServerTools(options);
}

/** The name by which a model knows the tool of a server. */
export function mcpToolName(server: string, tool: string): string {
  return `${server}_${tool.replace(/[^a-zA-Z0-9_-]/g, '_')}`.slice(0, 64);
}

/** Where a server can carry things to. A process may go anywhere, which we cannot watch. */
export function egressOf({ options }: McpServerTools): readonly EgressHost[] {
  if ('command' in options) return ['*'];
  const { url, egress = [] } = options;
  return [typeof url === 'string' ? new URL(url).host : url, ...egress];
}

/** What is known of its tools before anybody connects to it. */
export function toolsOfServer(server: McpServerTools): (Reach & { name: string })[] {
  const { name, allow, effects = {}, approve = [], reads } = server.options;
  const egress = egressOf(server);
  return allow.map((tool) => ({
    name: mcpToolName(name, tool),
    effect: effects[tool] ?? 'unkeyed',
    approval: approve.includes(tool) ? 'always' : undefined,
    reads,
    egress,
  }));
}
