import { PermanentError } from '@reflex/core';
import { z } from 'zod';
import type { AgentDefinition, ToolDefinition } from '../agent-definition';
import { AgentSetupError } from '../errors';
import { toolsOfServer } from '../mcp/mcp-server';

/** A call of a fake tool. */
export interface FakeCall {
  tool: string;
  /** As the tool's schema has read it. */
  input: unknown;
  /** The model's own id of the call. */
  id: string;
  agent: string;
}

/** Stands in for the tool of this name. */
export interface FakeTool {
  readonly name: string;
  /** All calls so far. */
  readonly calls: FakeCall[];
  answer(call: FakeCall): Promise<unknown>;
}

/** An agent in a test wants a tool that nobody has replaced. */
export class ToolNotFaked extends PermanentError {
  override readonly code = 'tool_not_faked';
}

/**
 * Replaces a tool in a test. It answers these in order, and the last one again and again: values, errors to throw, or
 * functions that make one of them of the call.
 */
export function fakeTool(name: string, ...answers: unknown[]): FakeTool {
  const calls: FakeCall[] = [];
  return {
    name,
    calls,
    answer: async (call) => {
      calls.push(call);
      const given = answers[Math.min(calls.length, answers.length) - 1];
      const answer: unknown = typeof given === 'function' ? await (given as (call: FakeCall) => unknown)(call) : given;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

/** The agent with fakes in place of its tools. Those that are not faked are `refused` when the model calls them, or `called`. */
export function withFakes(
  agent: AgentDefinition,
  fakes: readonly FakeTool[],
  others: 'refused' | 'called',
): AgentDefinition {
  const remote = (agent.servers ?? []).flatMap((server) => toolsOfServer(server).map(({ name }) => unknownTool(name)));
  const tools = [...agent.tools, ...remote].map((tool) => {
    const fake = fakes.find(({ name }) => name === tool.name);
    if (fake) return replaced(tool, agent.name, (call) => fake.answer(call));
    // An agent among the tools is run as well, with the same fakes.
    if (tool.agent !== undefined) return tool;
    return others === 'called' && !remote.includes(tool) ? tool : replaced(tool, agent.name, notFaked);
  });
  return { ...agent, tools, servers: [] };
}

/** A fake whose name no tool has replaces nothing, which is a slip of the pen. */
export function assertNames(agents: readonly AgentDefinition[], fakes: readonly FakeTool[]): void {
  const names = agents.flatMap((agent) => withFakes(agent, [], 'refused').tools.map(({ name }) => name));
  const stray = fakes.find(({ name }) => !names.includes(name));
  if (stray) {
    throw new AgentSetupError(
      `There is no tool "${stray.name}" to be faked. The tools are: ${[...new Set(names)].join(', ') || 'none'}.`,
    );
  }
}

function replaced(tool: ToolDefinition, agent: string, answer: (call: FakeCall) => unknown): ToolDefinition {
  return {
    ...tool,
    // Nothing happens, so nobody has to agree.
    approval: null,
    execute: (input: unknown, { callId }) => answer({ tool: tool.name, input, id: callId, agent }),
  };
}

function notFaked({ tool, input }: FakeCall): never {
  throw new ToolNotFaked(
    `The model called "${tool}" with ${JSON.stringify(input)}, which this test does not replace. Add fakeTool('${tool}', …) to its tools.`,
  );
}

// What a server offers is known only to those who ask it.
function unknownTool(name: string): ToolDefinition {
  return { name, description: name, effect: 'none', input: z.looseObject({}), inputSchema: {}, execute: () => null };
}
