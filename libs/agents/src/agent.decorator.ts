import { Injectable, type Type } from '@nestjs/common';
import type { z } from 'zod';
import type { AgentBudget } from './budgets/budget-options';
import type { EgressHost } from './egress/egress-rule';
import type { LangChainAgent } from './langchain-agent';
import type { AgentMemoryOptions } from './memory/memory-options';
import type { McpServerTools } from './mcp/mcp-server';
import type { ModelChoice } from './models/models';

export interface AgentOptions<Output extends z.ZodObject | undefined = z.ZodObject | undefined> {
  /** Unique in the application. */
  name: string;
  /** The system prompt. Events never get in here. */
  prompt: string;
  /** The shape of the answer; without it the answer is text. */
  output?: Output;
  /** What it is good for; told to agents that have it among their tools. */
  description?: string;
  /**
   * Providers whose `@Tool` methods the agent may call; agents, which it may call like a tool; and servers, by `mcpServer`.
   */
  tools?: (Type | McpServerTools)[];
  /** `provider:model`, or several: each is asked when those before it cannot answer. Default is the application's. */
  model?: ModelChoice;
  /** What its runs may use, each by itself and all of a day. */
  budget?: AgentBudget;
  /** What was said before in the same conversation is part of the prompt. Without, each run stands by itself. */
  memory?: AgentMemoryOptions;
  /** Hosts that its tools may connect to; by default whatever the tools say themselves. */
  egress?: readonly EgressHost[];
  /** What it is given may come from strangers, as events do; default true. Say false only if nobody else can write it. */
  untrustedInput?: boolean;
  /** Most calls of the model in one run; default 8. */
  maxSteps?: number;
  /** Most characters of input that reach the model; the middle of longer input is left out. Default 24,000. */
  maxInputChars?: number;
}

type AnswerOf<Output> = Output extends z.ZodObject ? z.output<Output> : string;

const AGENT = Symbol('reflex:agent');

/** Makes a class that extends `LangChainAgent` an agent and a provider. */
export function Agent<Output extends z.ZodObject | undefined = undefined>(options: AgentOptions<Output>) {
  return (target: Type<LangChainAgent<AnswerOf<Output>>>): void => {
    Injectable()(target);
    Reflect.defineMetadata(AGENT, options, target);
  };
}

export function agentOptionsOf(target: object): AgentOptions | undefined {
  return Reflect.getOwnMetadata(AGENT, target) as AgentOptions | undefined;
}
