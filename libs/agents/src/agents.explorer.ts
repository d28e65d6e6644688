import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { z } from 'zod';
import type { AgentDefinition, JsonSchema, ToolDefinition } from './agent-definition';
import { AgentRegistry } from './agent-registry';
import { agentOptionsOf, type AgentOptions } from './agent.decorator';
import { RESPOND } from './answer';
import { AgentSetupError } from './errors';
import { LangChainAgent } from './langchain-agent';
import { Models } from './models/models';
import { toolOptionsOf, type ToolCall } from './tool.decorator';

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
      this.registry.add(agentClass, this.define(agentClass as Type, options, providers));
    }
  }

  private define(agentClass: Type, options: AgentOptions, providers: Provider[]): AgentDefinition {
    if (options.model) this.models.get(options.model);
    const tools = (options.tools ?? []).flatMap((toolClass) => this.toolsOf(toolClass, agentClass, providers));
    const names = tools.map((tool) => tool.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) {
      throw new AgentSetupError(
        `Agent "${options.name}" has two tools named "${twice}". Rename one by @Tool({ name }).`,
      );
    }
    return {
      name: options.name,
      prompt: options.prompt,
      output: options.output ?? null,
      outputSchema: options.output ? jsonSchemaOf(options.output, `The output of agent "${options.name}"`) : null,
      tools,
      model: options.model ?? null,
      budget: options.budget ?? {},
      maxSteps: options.maxSteps ?? DEFAULT_MAX_STEPS,
      maxInputChars: options.maxInputChars ?? DEFAULT_MAX_INPUT_CHARS,
    };
  }

  private toolsOf(toolClass: Type, agentClass: Type, providers: Provider[]): ToolDefinition[] {
    const provider = providers.find(({ token, metatype }) => token === toolClass || metatype === toolClass);
    if (!provider) {
      throw new AgentSetupError(
        `${agentClass.name} uses the tools of ${toolClass.name}, which is in no module. Add it to the providers of one.`,
      );
    }
    if (!provider.isDependencyTreeStatic()) {
      throw new AgentSetupError(
        `${toolClass.name} is request-scoped, but agents run outside of requests. Make it a singleton.`,
      );
    }
    const tools = this.scanner.getAllMethodNames(toolClass.prototype as object).flatMap((method) => {
      const options = toolOptionsOf((toolClass.prototype as Record<string, object>)[method]!);
      return options ? [{ method, options }] : [];
    });
    if (tools.length === 0) {
      throw new AgentSetupError(
        `${toolClass.name} is listed as tools of ${agentClass.name} but has no method with @Tool.`,
      );
    }
    return tools.map(({ method, options }) => {
      const name = options.name ?? snakeCase(method);
      assertToolName(name, toolClass);
      const instance = provider.instance as Record<string, (input: never, call: ToolCall) => unknown>;
      return {
        name,
        description: options.description,
        effect: options.effect,
        input: options.input,
        inputSchema: jsonSchemaOf(options.input, `The input of tool "${name}"`),
        execute: (input, call) => instance[method]!(input, call),
      };
    });
  }
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
