import type { Provider, Type } from '@nestjs/common';
import type { RunUsage, ToolCallRecord } from '@reflex/core';
import { agentOptionsOf } from '../agent.decorator';
import type { AgentInput } from '../agent-runner';
import type { LangChainAgent } from '../langchain-agent';
import type { SaidBefore } from '../prompt';
import { openBench } from './agent-bench';
import type { FakeTool } from './fake-tool';
import { type Asked, ScriptedModel, scriptedModel, type Script } from './scripted-model';

export interface RunAgentOptions {
  /** What the model says; anything but a model is taken for a script. */
  model: ScriptedModel | Script;
  /** In place of the agent's tools, by name. A tool that is called and not replaced fails the run. */
  tools?: readonly FakeTool[];
  /** What the agent's constructor asks for. */
  providers?: Provider[];
  /** Of an agent with a memory: what was said before. */
  before?: SaidBefore;
}

export interface AgentRun<Output> {
  output: Output;
  /** Every call that the model asked for, also those that were refused. */
  calls: ToolCallRecord[];
  usage: RunUsage;
  /** How often the model was asked. */
  steps: number;
  /** What the model was asked each time. */
  prompts: Asked[];
}

/** Runs an agent as the service would, with a scripted model and fake tools: no network, no database, nothing happens. */
export async function runAgent<Output>(
  agentClass: Type<LangChainAgent<Output>>,
  input: AgentInput,
  { model, tools, providers = [], before }: RunAgentOptions,
): Promise<AgentRun<Output>> {
  const scripted = model instanceof ScriptedModel ? model : scriptedModel(model);
  const app = await openBench({
    model: scripted,
    tools,
    providers: [agentClass, ...providers],
    before: before && { [agentOptionsOf(agentClass)?.name ?? '']: before },
  });
  try {
    const agent = app.get<LangChainAgent<Output>>(agentClass);
    const { output, usage, steps } = await agent.runDetailed(input, { conversation: 'test' });
    return { output, calls: usage.tool_calls, usage, steps, prompts: scripted.asked };
  } finally {
    await app.close();
  }
}
