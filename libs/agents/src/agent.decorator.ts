import { Injectable, type Type } from '@nestjs/common';
import type { z } from 'zod';
import type { LangChainAgent } from './langchain-agent';

/** Hard bounds of one run of an agent. */
export interface AgentBudget {
  /** Further calls are refused, and the model is told so. */
  toolCalls?: number;
  /** Wall clock; at its end the run is aborted. */
  seconds?: number;
}

export interface AgentOptions<Output extends z.ZodObject | undefined = z.ZodObject | undefined> {
  /** Unique in the application. */
  name: string;
  /** The system prompt. Events never get in here. */
  prompt: string;
  /** The shape of the answer; without it the answer is text. */
  output?: Output;
  /** Providers whose `@Tool` methods the agent may call. */
  tools?: Type[];
  /** `provider:model`; default is the application's. */
  model?: string;
  budget?: AgentBudget;
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
