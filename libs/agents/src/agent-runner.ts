import { randomUUID } from 'node:crypto';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { Injectable } from '@nestjs/common';
import type { RunUsage } from '@reflex/core';
import { currentRun } from '@reflex/observability';
import type { AgentDefinition } from './agent-definition';
import { readAnswer, RESPOND, type Answer } from './answer';
import { AgentOutOfTime, AgentStepsExceeded, InvalidAgentOutput } from './errors';
import { IdempotencyKeys } from './idempotency-key';
import { askModel, type ModelTurn } from './model-turn';
import { Models } from './models/models';
import { openingMessages, type AgentInput } from './prompt';
import { ToolCaller } from './tool-caller';
import { UsageMeter } from './usage-meter';

export type { AgentInput };

export interface RunOptions {
  /** `provider:model` for this run only. */
  model?: string;
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
  // By attempt, so that two agents in one handler, or one agent called twice, count their equal calls together.
  private readonly keysOfRun = new WeakMap<object, IdempotencyKeys>();

  constructor(private readonly models: Models) {}

  async run(agent: AgentDefinition, input: AgentInput, options: RunOptions = {}): Promise<AgentOutcome> {
    const limit = new AbortController();
    const signals = [limit.signal, currentRun()?.signal, options.signal].filter((signal) => signal !== undefined);
    const { seconds } = agent.budget;
    const timer = seconds && setTimeout(() => limit.abort(new AgentOutOfTime(agent.name, seconds)), seconds * 1_000);
    try {
      return await this.work(agent, input, options, AbortSignal.any(signals));
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
    const meter = new UsageMeter(model.name);
    const tools = new ToolCaller(agent, {
      signal,
      keyFor: this.keysFor(agent.name),
      onCall: (record) => meter.addCall(record),
    });
    const messages = openingMessages(agent, input);
    let lastCalls: string[] = [];
    let repairing = false;

    for (let step = 1; step <= agent.maxSteps || repairing; step += 1) {
      const turn = await askModel(model, agent, messages, {
        mustAnswer: repairing || agent.tools.length === 0,
        signal,
      });
      meter.addTokens(turn.usage);
      messages.push(turn.message);
      lastCalls = turn.calls.map(({ name }) => name);

      // Whoever repairs an answer has had its time for tools.
      const wanted = repairing ? [] : turn.calls.filter(({ name }) => name !== RESPOND || !agent.output);
      const results = await tools.callAll(wanted);
      messages.push(...results);
      if (wanted.length > 0 && wanted.length === turn.calls.length) continue;
      if (results.some(({ status }) => status === 'error')) {
        messages.push(
          ...tellRespond(turn, 'Not taken yet: a tool of the same step failed. Read its error, then answer.'),
        );
        continue;
      }

      const answer = readAnswer(agent, turn);
      if (answer.ok) return { output: answer.value, usage: meter.usage, steps: step };
      if (repairing) throw new InvalidAgentOutput(agent.name, answer.issues, answer.words);
      messages.push(...askForRepair(agent, turn, answer));
      repairing = true;
    }
    throw new AgentStepsExceeded(agent.name, agent.maxSteps, lastCalls);
  }

  private keysFor(agent: string): (tool: string, input: unknown) => string {
    const run = currentRun();
    const keys = (run && this.keysOfRun.get(run)) ?? new IdempotencyKeys();
    if (run) this.keysOfRun.set(run, keys);
    const eventId = run?.eventId ?? randomUUID();
    return (tool, input) => keys.next({ eventId, trigger: run?.trigger ?? '', agent, tool, input });
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
