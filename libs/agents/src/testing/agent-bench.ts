import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { AgentDefinition } from '../agent-definition';
import { agentOptionsOf } from '../agent.decorator';
import { AgentRegistry } from '../agent-registry';
import { AgentRunner, type AgentInput, type AgentOutcome, type RunOptions } from '../agent-runner';
import { AgentsModule } from '../agents.module';
import type { AgentsOptions } from '../agents-options';
import { BudgetLedger } from '../budgets/budget-ledger';
import { MemoryBudgetLedger } from '../budgets/memory-budget-ledger';
import { McpServerTools } from '../mcp/mcp-server';
import { Conversations } from '../memory/conversations';
import { ConfiguredModels } from '../models/configured-models';
import { type AgentModel, Models, type ModelChoice } from '../models/models';
import type { SaidBefore } from '../prompt';
import { assertNames, type FakeTool, withFakes } from './fake-tool';
import { RememberedConversations } from './remembered';
import { scriptedModel } from './scripted-model';
import { standIn } from './stand-in';

type ModuleImport = Type | DynamicModule;

/** Chooses the model for one run of an agent. */
export type ModelOfRun = (agent: AgentDefinition, input: AgentInput) => BaseChatModel;

export interface BenchOptions {
  /** A chat model, one for each run, or the settings of real ones. */
  model: BaseChatModel | ModelOfRun | AgentsOptions;
  /** Agents, tools, and what they need. Agents that they inject and tools of agents are added; whatever else is missing fails when it is used. */
  providers?: Provider[];
  imports?: ModuleImport[];
  tools?: readonly FakeTool[];
  /** What becomes of tools that are not faked; default `refused`: the run fails and says so. */
  otherTools?: 'refused' | 'called';
  /** What agents with a memory know from before, by their names. */
  before?: Readonly<Record<string, SaidBefore>>;
  /** Sees each run of an agent. */
  onRun?: (agent: AgentDefinition, input: AgentInput, outcome: Promise<AgentOutcome>) => void;
}

/** Agents in a test: the runner that the service has, with other models and tools, and no database. */
export async function openBench(options: BenchOptions): Promise<TestingModule> {
  const { model, imports = [], tools = [], otherTools = 'refused', onRun } = options;
  const settings = isSettings(model) ? model : {};
  const builder = Test.createTestingModule({
    imports: [AgentsModule.forRoot(settings), ...imports],
    providers: withAgentsAndTools(options.providers ?? []),
  })
    .useMocker(standIn)
    .overrideProvider(BudgetLedger)
    .useValue(new MemoryBudgetLedger())
    .overrideProvider(Conversations)
    .useValue(new RememberedConversations(options.before));
  const ofRuns = new ModelsOfRuns();
  if (!isSettings(model)) builder.overrideProvider(Models).useValue(ofRuns);
  const app = await builder.compile();
  const runner = app.get(AgentRunner);
  const run = runner.run.bind(runner);
  runner.run = (agent: AgentDefinition, input: AgentInput, given?: RunOptions): Promise<AgentOutcome> => {
    const faked = withFakes(agent, tools, otherTools);
    const ofRun = (chat: BaseChatModel): RunOptions => ({ ...given, model: ofRuns.add(chat) });
    const outcome = run(
      faked,
      input,
      isSettings(model) ? given : ofRun(isChatModel(model) ? model : model(faked, input)),
    );
    onRun?.(faked, input, outcome);
    return outcome;
  };
  await app.init();
  const registry = app.get(AgentRegistry);
  assertNames(
    registry.list().map(({ name }) => registry.find(name)!),
    tools,
  );
  return app;
}

/** `provider:model` that agents get with these settings. */
export function modelName(settings: AgentsOptions): string {
  return new ConfiguredModels(settings).get().name;
}

/** A model for each run; what agents name themselves is not asked. */
class ModelsOfRuns extends Models {
  private readonly chats: BaseChatModel[] = [];

  add(chat: BaseChatModel): string {
    return String(this.chats.push(chat) - 1);
  }

  get(choice?: ModelChoice | null): AgentModel {
    return { name: 'test:scripted', chat: this.chats[Number(choice)] ?? scriptedModel([]) };
  }
}

function isSettings(model: BenchOptions['model']): model is AgentsOptions {
  return typeof model === 'object' && !isChatModel(model);
}

function isChatModel(model: BenchOptions['model']): model is BaseChatModel {
  return typeof (model as Partial<BaseChatModel>)._generate === 'function';
}

/** The given ones, the agents that they ask for in their constructors, and what agents name in `tools`. */
function withAgentsAndTools(given: Provider[]): Provider[] {
  const tokens = new Set<unknown>(
    given.map((provider) => (typeof provider === 'function' ? provider : provider.provide)),
  );
  const all = [...given];
  for (const provider of all) {
    if (typeof provider !== 'function') continue;
    const asked = (Reflect.getMetadata('design:paramtypes', provider) ?? []) as Type[];
    const agents = asked.filter((type) => typeof type === 'function' && agentOptionsOf(type));
    const named = agentOptionsOf(provider)?.tools ?? [];
    const tools = named.filter((tool): tool is Type => !(tool instanceof McpServerTools));
    for (const found of [...agents, ...tools]) {
      if (tokens.has(found)) continue;
      tokens.add(found);
      all.push(found);
    }
  }
  return all;
}
