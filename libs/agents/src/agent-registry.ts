import { Injectable } from '@nestjs/common';
import type { AgentDefinition, JsonSchema } from './agent-definition';
import { AgentSetupError } from './errors';
import type { ModelChoice } from './models/models';
import type { ToolEffect } from './tool.decorator';

/** An agent as catalogues show it: plain JSON. */
export interface AgentDescription {
  name: string;
  /** What it names itself; `null` for the application's default. */
  model: ModelChoice | null;
  output: JsonSchema | null;
  tools: { name: string; description: string; effect: ToolEffect; input: JsonSchema }[];
}

/** All agents of the application, by class and by name. */
@Injectable()
export class AgentRegistry {
  private readonly byClass = new Map<object, AgentDefinition>();
  private readonly byName = new Map<string, AgentDefinition>();

  add(agentClass: { name: string }, definition: AgentDefinition): void {
    if (this.byClass.has(agentClass)) return;
    if (this.byName.has(definition.name)) {
      throw new AgentSetupError(`Two agents are named "${definition.name}". Give ${agentClass.name} another name.`);
    }
    this.byClass.set(agentClass, definition);
    this.byName.set(definition.name, definition);
  }

  list(): AgentDescription[] {
    return [...this.byName.values()].map(({ name, model, outputSchema, tools }) => ({
      name,
      model,
      output: outputSchema,
      tools: tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        effect: tool.effect,
        input: tool.inputSchema,
      })),
    }));
  }

  find(name: string): AgentDefinition | undefined {
    return this.byName.get(name);
  }

  /** The name of an agent's class. */
  classNameOf(name: string): string | undefined {
    const known = this.byName.get(name);
    for (const [agentClass, definition] of this.byClass) {
      if (definition === known) return (agentClass as { name: string }).name;
    }
    return undefined;
  }

  definitionOf(agentClass: { name: string }): AgentDefinition {
    const definition = this.byClass.get(agentClass);
    if (!definition) {
      throw new AgentSetupError(
        `${agentClass.name} is not known as an agent. List it in the providers of a module, import AgentsModule, and call it only after the application has started.`,
      );
    }
    return definition;
  }
}
