import type { z } from 'zod';
import type { ApprovalPolicy } from './approval';
import type { AgentBudget } from './budgets/budget-options';
import type { McpServerTools } from './mcp/mcp-server';
import type { ModelChoice } from './models/models';
import type { EgressHost } from './egress/egress-rule';
import type { AgentMemoryOptions } from './memory/memory-options';
import type { ToolCall, ToolEffect } from './tool.decorator';

/** The part of JSON Schema that zod writes for tool inputs and outputs. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  [keyword: string]: unknown;
}

/** A tool bound to its provider, ready to be called. */
export interface ToolDefinition {
  name: string;
  description: string;
  effect: ToolEffect;
  /** `null` for a tool that nobody has to agree to. */
  approval?: ApprovalPolicy | null;
  input: z.ZodType;
  inputSchema: JsonSchema;
  reads?: 'secrets';
  egress?: readonly EgressHost[];
  /** Of a tool that is an agent: its name. */
  agent?: string;
  execute: (input: never, call: Omit<ToolCall, 'egress'>) => unknown;
}

/** An agent as the runner needs it; no Nest in it. */
export interface AgentDefinition {
  name: string;
  prompt: string;
  /** `null` when the answer is text. */
  output: z.ZodType | null;
  outputSchema: JsonSchema | null;
  tools: ToolDefinition[];
  /** Whose tools are added when it runs. */
  servers?: readonly McpServerTools[];
  egress?: readonly EgressHost[];
  /** `null` for the application's default. */
  model: ModelChoice | null;
  budget: AgentBudget;
  /** The agent whose budget of the day it uses; default its own. */
  account?: string;
  maxSteps: number;
  maxInputChars: number;
  memory?: AgentMemoryOptions;
}
