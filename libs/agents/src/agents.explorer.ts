import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { z } from 'zod';
import type { AgentDefinition, JsonSchema, ToolDefinition } from './agent-definition';
import { AgentRegistry } from './agent-registry';
import { agentOptionsOf, type AgentOptions } from './agent.decorator';
import { AgentRunner } from './agent-runner';
import { agentTool, toolsUnder } from './agent-tool';
import { RESPOND } from './answer';
import { approvalPolicy } from './approval';
import { BudgetKeeper } from './budgets/budget-keeper';
import { assertHosts, hostsMissing, type EgressRule } from './egress/egress-rule';
import { assertNoTrifecta } from './egress/trifecta';
import { AgentSetupError } from './errors';
import { LangChainAgent } from './langchain-agent';
import { egressOf, McpServerTools, toolsOfServer } from './mcp/mcp-server';
import { Models } from './models/models';
import type { AgentInput } from './prompt';
import { toolOptionsOf, type ToolCall, type ToolOptions } from './tool.decorator';

const DEFAULT_MAX_STEPS = 8;
const DEFAULT_MAX_INPUT_CHARS = 24_000;

type Provider = ReturnType<DiscoveryService['getProviders']>[number];

/** Reads what `@Agent` and `@Tool` wrote, binds tools to their providers, and refuses to start on a contradiction. */
@Injectable()
export class AgentsExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: AgentRegistry,
    private readonly models: Models,
    private readonly runner: AgentRunner,
    private readonly budgets: BudgetKeeper,
  ) {}

  onModuleInit(): void {
    const providers = this.discovery.getProviders();
    for (const agentClass of new Set(providers.map((provider) => provider.metatype))) {
      if (typeof agentClass !== 'function' || !(agentClass.prototype instanceof LangChainAgent)) continue;
      const options = agentOptionsOf(agentClass);
      if (!options) {
        throw new AgentSetupError(
          `${agentClass.name} extends LangChainAgent but has no @Agent({ … }) above it. Add one.`,
        );
      }
      this.registry.add(agentClass, this.define(options, providers));
    }
  }

  private define(options: AgentOptions, providers: Provider[]): AgentDefinition {
    const degradeTo = this.budgets.degradeTo(options.budget ?? {});
    const models = [this.models.get(options.model), ...(degradeTo ? [this.models.get(degradeTo)] : [])];
    this.budgets.check(options.name, options.budget ?? {}, models);
    assertHosts(options.egress ?? [], `Agent "${options.name}"`);
    const entries = options.tools ?? [];
    const servers = entries.filter((entry) => entry instanceof McpServerTools);
    const classes = entries.flatMap((entry) => (entry instanceof McpServerTools ? [] : [entry]));
    const tools = classes.flatMap((toolClass) => this.toolsOf(toolClass, options, providers));
    const remote = servers.flatMap((server) => remoteTools(server, options));
    const names = [...tools, ...remote].map((tool) => tool.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) {
      throw new AgentSetupError(
        `Agent "${options.name}" has two tools named "${twice}". Rename one by @Tool({ name }).`,
      );
    }
    const definition: AgentDefinition = {
      name: options.name,
      prompt: options.prompt,
      output: options.output ?? null,
      outputSchema: options.output ? jsonSchemaOf(options.output, `The output of agent "${options.name}"`) : null,
      tools,
      servers,
      egress: options.egress,
      model: options.model ?? null,
      budget: options.budget ?? {},
      maxSteps: options.maxSteps ?? DEFAULT_MAX_STEPS,
      maxInputChars: options.maxInputChars ?? DEFAULT_MAX_INPUT_CHARS,
      ...(options.memory && { memory: options.memory }),
    };
    if (options.untrustedInput ?? true) assertNoTrifecta(options.name, [...tools, ...remote]);
    return definition;
  }

  private agentToolOf(called: Type, caller: string, providers: Provider[]): ToolDefinition {
    const options = agentOptionsOf(called);
    if (!options || !providers.some(({ metatype }) => metatype === called)) {
      throw new AgentSetupError(
        `Agent "${caller}" uses the agent ${called.name}, which is in no module. Add it to the providers of one.`,
      );
    }
    const { name, description } = options;
    if (!description) {
      throw new AgentSetupError(
        `Agent "${caller}" uses the agent ${called.name}, which does not say what it is good for. Add @Agent({ description }).`,
      );
    }
    // Looked up when it is called: two agents may call each other.
    const run = async (input: AgentInput, signal: AbortSignal): Promise<unknown> =>
      (await this.runner.run(this.registry.definitionOf(called), input, { signal })).output;
    const under = toolsUnder(called, (tool) => this.toolOptionsIn(tool).map((found) => found.options));
    const tool = agentTool({ name, description, under, run }, (schema) =>
      jsonSchemaOf(schema, `The input of "${name}"`),
    );
    assertToolName(tool.name, called);
    return tool;
  }

  private toolOptionsIn(toolClass: Type): { method: string; options: ToolOptions }[] {
    return this.scanner.getAllMethodNames(toolClass.prototype as object).flatMap((method) => {
      const options = toolOptionsOf((toolClass.prototype as Record<string, object>)[method]!);
      return options ? [{ method, options }] : [];
    });
  }

  private toolsOf(toolClass: Type, agent: AgentOptions, providers: Provider[]): ToolDefinition[] {
    if (toolClass.prototype instanceof LangChainAgent) return [this.agentToolOf(toolClass, agent.name, providers)];
    const provider = providers.find(({ token, metatype }) => token === toolClass || metatype === toolClass);
    if (!provider) {
      throw new AgentSetupError(
        `Agent "${agent.name}" uses the tools of ${toolClass.name}, which is in no module. Add it to the providers of one.`,
      );
    }
    if (!provider.isDependencyTreeStatic()) {
      throw new AgentSetupError(
        `${toolClass.name} is request-scoped, but agents run outside of requests. Make it a singleton.`,
      );
    }
    const tools = this.toolOptionsIn(toolClass);
    if (tools.length === 0) {
      throw new AgentSetupError(
        `${toolClass.name} is listed as tools of agent "${agent.name}" but has no method with @Tool.`,
      );
    }
    return tools.map(({ method, options }) => {
      const name = options.name ?? snakeCase(method);
      assertToolName(name, toolClass);
      const input = refusingUnknownKeys(options.input);
      const toolHosts = options.egress ?? [];
      assertHosts(toolHosts, `Tool "${name}"`);
      if (toolHosts.includes('*') && !agent.egress) throw new AgentSetupError(hostsMissing(agent.name, name));
      const egress: EgressRule = { agent: agent.name, tool: name, toolHosts, agentHosts: agent.egress ?? null };
      const instance = provider.instance as Record<string, (input: never, call: ToolCall) => unknown>;
      return {
        name,
        description: options.description,
        effect: options.effect,
        approval: approvalPolicy(options.approval, name),
        input,
        inputSchema: jsonSchemaOf(input, `The input of tool "${name}"`),
        reads: options.reads,
        egress: toolHosts,
        execute: (given, call) => instance[method]!(given, { ...call, egress }),
      };
    });
  }
}

// What is known of the tools of a server before anybody connects to it.
function remoteTools(
  server: McpServerTools,
  agent: AgentOptions,
): Pick<ToolDefinition, 'name' | 'reads' | 'egress' | 'approval'>[] {
  const { name } = server.options;
  const egress = egressOf(server);
  assertHosts(egress, `The MCP server "${name}"`);
  if (egress.includes('*') && !('command' in server.options) && !agent.egress) {
    throw new AgentSetupError(hostsMissing(agent.name, name));
  }
  return toolsOfServer(server).map((tool) => ({ ...tool, approval: approvalPolicy(tool.approval, tool.name) }));
}

// A key that the tool does not know is a mistake of the model, or somebody's attempt: it is told, and nothing happens.
function refusingUnknownKeys(input: z.ZodObject): z.ZodObject {
  return input.def.catchall ? input : input.strict();
}

function jsonSchemaOf(schema: z.ZodType, whose: string): JsonSchema {
  try {
    const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input' });
    return json as JsonSchema;
  } catch (error) {
    throw new AgentSetupError(
      `${whose} cannot be shown to a model: ${(error as Error).message}. Use only types that JSON has.`,
      { cause: error },
    );
  }
}

// The rule of the strictest provider.
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

function assertToolName(name: string, toolClass: Type): void {
  if (name === RESPOND || !TOOL_NAME.test(name)) {
    throw new AgentSetupError(
      `"${name}" in ${toolClass.name} is no name for a tool: use up to 64 letters, digits, _ and -, and not "${RESPOND}".`,
    );
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`).replace(/^_/, '');
}
