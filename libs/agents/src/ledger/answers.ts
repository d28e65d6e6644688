import type { BaseMessage, ToolMessage } from '@langchain/core/messages';
import type { AgentDefinition } from '../agent-definition';
import type { ModelTurn } from '../model-turn';
import type { Prices } from '../budgets/prices';
import type { AgentModel } from '../models/models';
import { plainJson } from '../plain-json';
import { effectError } from '../recordable';
import type { AttemptRecord } from './attempt-record';
import { openingOf } from './opening';
import { turnFromJson, turnToJson } from './recorded-turn';

export interface Question {
  model: AgentModel;
  messages: BaseMessage[];
  mustAnswer: boolean;
  signal: AbortSignal;
}

/** A turn, and whether an earlier attempt had got it. */
export type AnsweredTurn = ModelTurn & { reused: boolean };

/** The answers of the models in one run of an agent: the same question of the same delivery is asked once. */
export class Answers {
  private readonly keys: string[] = [];
  private readonly run: number;

  constructor(
    private readonly agent: AgentDefinition,
    private readonly record: AttemptRecord,
    private readonly prices: Prices,
  ) {
    this.run = record.nextRunOfAgent();
  }

  async get({ model, messages, mustAnswer, signal }: Question, ask: () => Promise<ModelTurn>): Promise<AnsweredTurn> {
    const { ledger } = this.record;
    if (!ledger) return { ...(await ask()), reused: false };

    const { name, outputSchema, tools } = this.agent;
    const shown = tools.map((tool) => [tool.name, tool.description, tool.inputSchema]);
    // Not the model: whichever answered, the question is answered.
    const key = this.record.keyOfQuestion([name, shown, outputSchema, mustAnswer, messages.map(essence)]);
    const past = await ledger.find(key);
    this.keys.push(key);
    if (past?.status === 'done') return { ...turnFromJson(past.result), reused: true };

    signal.throwIfAborted();
    const question = this.keys.length === 1 ? { question: plainJson(openingOf(this.agent, messages)) } : {};
    const input = { run: this.run, messages: messages.length, must_answer: mustAnswer, ...question };
    await ledger.start({ key, kind: 'model', name, effect: 'none', input });
    let turn: ModelTurn;
    try {
      turn = await ask();
    } catch (error) {
      // An interrupted question stays as it is: whoever asks again takes it over.
      if (!signal.aborted) await ledger.finish(key, { status: 'failed', error: effectError(error), model: model.name });
      throw error;
    }
    const result = turnToJson(turn);
    await ledger.finish(key, {
      status: 'done',
      result,
      model: turn.model,
      inputTokens: turn.usage?.input_tokens,
      outputTokens: turn.usage?.output_tokens,
      usd: this.prices.cost(turn.model, turn.usage),
    });
    // As a later attempt will read it, so that both go on from the same words.
    return { ...turn, ...turnFromJson(result), reused: false };
  }

  /** The last so many answers led nowhere: a later attempt asks these questions again. */
  async discard(why: Error, count = this.keys.length): Promise<void> {
    for (const key of this.keys.slice(-count)) {
      await this.record.ledger?.finish(key, { status: 'failed', error: effectError(why) });
    }
  }
}

/** What a model gets to see of a message. */
function essence(message: BaseMessage): unknown {
  const { tool_call_id, status } = message as Partial<ToolMessage>;
  const { tool_calls } = message as { tool_calls?: unknown };
  return [message.type, message.content, tool_calls, tool_call_id, status];
}
