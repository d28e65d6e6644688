import { AsyncLocalStorage } from 'node:async_hooks';
import type { Type } from '@nestjs/common';
import { z } from 'zod';
import type { ToolDefinition } from './agent-definition';
import { approvalPolicy } from './approval';
import type { AgentInput } from './prompt';
import { agentOptionsOf } from './agent.decorator';
import { McpServerTools, toolsOfServer } from './mcp/mcp-server';
import type { Reach, ToolCall } from './tool.decorator';

/** How deep agents may call agents. */
const MAX_DEPTH = 4;

const request = z.object({
  request: z.string().min(1).describe('What it shall do, with all that it has to know: it sees nothing else.'),
});

const TASK = 'Another agent of this service sends this request. Do it as far as it is your job, and answer that agent.';

const depth = new AsyncLocalStorage<number>();

export interface AgentAsTool {
  /** Of the agent. */
  name: string;
  /** What the agent that calls it is told. */
  description: string;
  /** The tools that it may come to use. */
  under: Reach[];
  run: (input: AgentInput, signal: AbortSignal) => Promise<unknown>;
}

/** An agent that another agent may call like a tool: what it answers is the result. */
export function agentTool(
  { name, description, under, run }: AgentAsTool,
  schemaOf: (schema: z.ZodType) => ToolDefinition['inputSchema'],
): ToolDefinition {
  return {
    name: toolNameOf(name),
    description,
    // Called again after an interruption, it reuses what is on record of its own calls.
    effect: under.some(({ effect }) => effect !== 'none') ? 'keyed' : 'none',
    // Whoever may call it can do by it what it can do.
    reads: under.some(({ reads }) => reads === 'secrets') ? 'secrets' : undefined,
    egress: under.flatMap((tool) => (isApproved(tool) ? [] : (tool.egress ?? []))),
    agent: name,
    input: request,
    inputSchema: schemaOf(request),
    execute: (input: z.output<typeof request>, { signal }: Pick<ToolCall, 'signal'>) => {
      const level = (depth.getStore() ?? 0) + 1;
      // Told to the model, which then has to answer by itself.
      if (level > MAX_DEPTH) throw new Error(`Agents called each other ${MAX_DEPTH} deep. Answer with what you have.`);
      return depth.run(level, () => run({ task: TASK, data: input.request }, signal));
    },
  };
}

/** How an agent is called where it is a tool. */
export function toolNameOf(agent: string): string {
  return agent.replace(/[^a-zA-Z0-9_-]/g, '_');
}

/** The tools of an agent, and of the agents among them. */
export function toolsUnder(
  agentClass: Type | McpServerTools,
  toolsIn: (toolClass: Type) => Reach[],
  seen = new Set<Type | McpServerTools>(),
): Reach[] {
  if (seen.has(agentClass)) return [];
  seen.add(agentClass);
  if (agentClass instanceof McpServerTools) return toolsOfServer(agentClass);
  const options = agentOptionsOf(agentClass);
  if (!options) return toolsIn(agentClass);
  return (options.tools ?? []).flatMap((tool) => toolsUnder(tool, toolsIn, seen));
}

// A rule over the arguments is no protection: whoever writes the input chooses the arguments.
function isApproved({ approval }: Reach): boolean {
  return approvalPolicy(approval, 'under')?.when === null;
}
