import { type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { Injectable } from '@nestjs/common';
import type { RunUsage } from '@reflex/core';
import { currentRun } from '@reflex/observability';
import type { AgentDefinition } from './agent-definition';
import { BudgetKeeper } from './budgets/budget-keeper';
import { DegradeNow } from './budgets/errors';
import type { RunBudget } from './budgets/run-budget';
import { readAnswer, RESPOND, type Answer } from './answer';
import { AgentOutOfTime, AgentStepsExceeded, InvalidAgentOutput } from './errors';
import { Answers } from './ledger/answers';
import { AttemptRecord } from './ledger/attempt-record';
import { AgentMemory } from './memory/agent-memory';
import { askModel, type AskOptions, type ModelTurn } from './model-turn';
import { McpTools } from './mcp/mcp-tools';
import { type AgentModel, Models, type ModelChoice } from './models/models';
import { openingMessages, type AgentInput } from './prompt';
import { RepeatedCalls } from './repeated-calls';
import { Telling } from './telling';
import { ToolCaller } from './tool-caller';
import { untilAborted } from './until-aborted';
import { UsageMeter } from './usage-meter';

export type { AgentInput };

export interface RunOptions {
  /** `provider:model` for this run only, or several: each is asked when those before it cannot answer. */
  model?: ModelChoice;
  /** Names the conversation, for an agent with a memory; default: as its `memory.scope` says, or the scope of the trigger. */
  conversation?: string;
  /** Aborts this run, beside the signal of the attempt it belongs to. */
  signal?: AbortSignal;
}

/** An answer with what it took. */
export interface AgentOutcome<Output = unknown> {
  output: Output;
  usage: RunUsage;
  /** How often the model was asked. */
  steps: number;
}

/** Lets a model work with tools until it answers: the loop behind every agent. */
@Injectable()
export class AgentRunner {
  constructor(
    private readonly models: Models,
    private readonly memory: AgentMemory = new AgentMemory(),
    private readonly mcp?: McpTools,
    private readonly budgets: BudgetKeeper = new BudgetKeeper(),
  ) {}

  async run(agent: AgentDefinition, input: AgentInput, options: RunOptions = {}): Promise<AgentOutcome> {
    const limit = new AbortController();
    const signals = [limit.signal, currentRun()?.signal, options.signal].filter((signal) => signal !== undefined);
    const { seconds } = agent.budget;
    const timer = seconds && setTimeout(() => limit.abort(new AgentOutOfTime(agent.name, seconds)), seconds * 1_000);
    try {
      const signal = AbortSignal.any(signals);
      const complete = await untilAborted(() => this.mcp?.complete(agent) ?? agent, signal);
      return await this.work(complete, input, options, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  private async work(
    agent: AgentDefinition,
    input: AgentInput,
    options: RunOptions,
    signal: AbortSignal,
  ): Promise<AgentOutcome> {
    const model = this.models.get(options.model ?? agent.model);
    const meter = new UsageMeter(agent.name, model.name, this.budgets.prices);
    const budget = this.budgets.open(agent);
    try {
      return await budget.enclose(() => this.converse(agent, input, options, { model, meter, budget, signal }));
    } finally {
      meter.end();
    }
  }

  private async converse(
    agent: AgentDefinition,
    input: AgentInput,
    options: RunOptions,
    { model, meter, budget, signal }: { model: AgentModel; meter: UsageMeter; budget: RunBudget; signal: AbortSignal },
  ): Promise<AgentOutcome> {
    const record = AttemptRecord.of(currentRun());
    const answers = new Answers(agent, record, this.budgets.prices);
    const telling = new Telling(agent.name, currentRun());
    const tools = new ToolCaller(agent, { record, telling, signal, budget, onCall: (call) => meter.addCall(call) });
    const talk = agent.memory && (await this.memory.open(agent, options.conversation));
    const messages = openingMessages(agent, input, talk?.before);
    const repeated = new RepeatedCalls(agent.name);
    let lastCalls: string[] = [];
    let repairing = false;

    for (let step = 1; step <= agent.maxSteps || repairing; step += 1) {
      const mustAnswer = repairing || agent.tools.length === 0;
      const turn = await answers.get({ model, messages, mustAnswer, signal }, () =>
        this.ask(agent, model, messages, {
          mustAnswer,
          signal,
          newText: () => telling.newText(),
          budget,
          onDegrade: () => meter.degrade(),
        }),
      );
      if (turn.reused) budget.remember(turn.usage, this.budgets.prices.cost(turn.model, turn.usage));
      if (turn.reused && turn.text !== '') telling.newText()(turn.text);
      meter.addTurn(turn);
      messages.push(turn.message);
      lastCalls = turn.calls.map(({ name }) => name);

      // Whoever repairs an answer has had its time for tools.
      const wanted = repairing ? [] : turn.calls.filter(({ name }) => name !== RESPOND || !agent.output);
      try {
        repeated.add(wanted);
      } catch (error) {
        await answers.discard(error as Error);
        throw error;
      }
      const results = await tools.callAll(wanted, turn.reused);
      messages.push(...results);
      if (wanted.length > 0 && wanted.length === turn.calls.length) continue;
      if (results.some(({ status }) => status === 'error')) {
        messages.push(
          ...tellRespond(turn, 'Not taken yet: a tool of the same step failed. Read its error, then answer.'),
        );
        continue;
      }

      const answer = readAnswer(agent, turn);
      if (answer.ok) {
        await talk?.keep(
          input,
          answer.value,
          async (other, about) => (await this.work(other, about, options, signal)).output,
        );
        return { output: answer.value, usage: meter.usage, steps: step };
      }
      if (repairing) {
        const invalid = new InvalidAgentOutput(agent.name, answer.issues, answer.words);
        await answers.discard(invalid, 2);
        throw invalid;
      }
      messages.push(...askForRepair(agent, turn, answer));
      repairing = true;
    }
    const exceeded = new AgentStepsExceeded(agent.name, agent.maxSteps, lastCalls);
    await answers.discard(exceeded);
    throw exceeded;
  }

  /** Asks the model, or the cheaper one once the budget leaves no more for it. */
  private async ask(
    agent: AgentDefinition,
    model: AgentModel,
    messages: BaseMessage[],
    { budget, onDegrade, ...options }: AskOptions & { budget: RunBudget; onDegrade: () => void },
  ): Promise<ModelTurn> {
    const admit = (candidate: AgentModel) => budget.admit(candidate, messages, options.signal);
    for (;;) {
      if (budget.degraded) onDegrade();
      const chosen = budget.degraded ? this.models.get(this.budgets.degradeTo(agent.budget)) : model;
      try {
        return await askModel(chosen, agent, messages, { ...options, admit });
      } catch (error) {
        // Once in a run.
        if (!(error instanceof DegradeNow)) throw error;
      }
    }
  }
}

function askForRepair(agent: AgentDefinition, turn: ModelTurn, answer: Answer & { ok: false }) {
  const how = agent.output ? `Correct it and call "${RESPOND}" again.` : 'Answer in words.';
  const text = `This answer is not valid. ${answer.issues} ${how}`;
  return answer.call ? tellRespond(turn, text) : [new HumanMessage(text)];
}

// Providers want a result for every call, so each call of `respond` in the turn is told.
function tellRespond(turn: ModelTurn, content: string): ToolMessage[] {
  return turn.calls
    .filter(({ name }) => name === RESPOND)
    .map(({ id, name }) => new ToolMessage({ tool_call_id: id, name, content, status: 'error' }));
}
