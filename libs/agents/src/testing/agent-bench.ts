import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import { PARAMTYPES_METADATA, PROPERTY_DEPS_METADATA, SELF_DECLARED_DEPS_METADATA } from '@nestjs/common/constants';
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
  /** Whether a fake that replaces no tool is a mistake; default true. */
  strictTools?: boolean;
  /** What agents with a memory know from before, by their names. */
  before?: Readonly<Record<string, SaidBefore>>;
}

/** Agents in a test: the runner that the service has, with other models and tools, and no database. */
export async function openBench(options: BenchOptions): Promise<TestingModule> {
  const { model, imports = [], tools = [], otherTools = 'refused' } = options;
  const settings = isSettings(model) ? model : {};
  const providers = withAgentsAndTools(options.providers ?? []);
  const wanted = new Set(providers.flatMap(tokensAskedBy));
  const builder = Test.createTestingModule({ imports: [AgentsModule.forRoot(settings), ...imports], providers })
    // Not for what others ask for: what is optional to them is left out.
    .useMocker((token) => (wanted.has(token!) ? standIn(token) : undefined))
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
    if (isSettings(model)) return run(faked, input, given);
    const chat = isChatModel(model) ? model : model(faked, input);
    return run(faked, input, { ...given, model: ofRuns.add(chat) });
  };
  await app.init();
  if (options.strictTools ?? true) assertNames(definitionsIn(app.get(AgentRegistry)), tools);
  return app;
}

/** `provider:model` that agents get with these settings. */
export function modelName(settings: AgentsOptions): string {
  return new ConfiguredModels(settings).get().name;
}

function definitionsIn(registry: AgentRegistry): AgentDefinition[] {
  return registry.list().map(({ name }) => registry.find(name)!);
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
    const agents = tokensAskedBy(provider).filter((token): token is Type => isAgent(token));
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

function isAgent(token: InjectionToken): boolean {
  return typeof token === 'function' && agentOptionsOf(token) !== undefined;
}

/** What a class asks for in its constructor and its properties, as Nest's decorators write it down. */
function tokensAskedBy(provider: Provider): InjectionToken[] {
  if (typeof provider !== 'function') return [];
  const read = <T>(key: string): T[] => (Reflect.getMetadata(key, provider) ?? []) as T[];
  return [
    ...read<InjectionToken>(PARAMTYPES_METADATA),
    ...read<{ param: InjectionToken }>(SELF_DECLARED_DEPS_METADATA).map(({ param }) => param),
    ...read<{ type: InjectionToken }>(PROPERTY_DEPS_METADATA).map(({ type }) => type),
  ];
}
