import { randomUUID } from 'node:crypto';
import { Injectable, Logger, Optional } from '@nestjs/common';
import type { RunLedger } from '@reflex/core';
import { type CurrentRun, currentRun } from '@reflex/observability';
import type { AgentDefinition } from '../agent-definition';
import { AgentSetupError, NoConversation } from '../errors';
import { type AgentInput, inputText, type SaidBefore } from '../prompt';
import { Conversations, type Past, type Place, type Said } from './conversations';
import { DEFAULT_WINDOW_TOKENS } from './memory-options';
import { countTokens } from './token-count';
import { fitting, overflow } from './window';

const SUMMARY_PROMPT = `You keep the memory of an agent. Write a summary of the conversation that is in the data, together with the
summary before it, in at most 200 words: who the other one is, what they want, what was promised, what is still open. Facts only.`;

/** Lets an agent of another definition answer; the runner of agents does it. */
type Ask = (agent: AgentDefinition, input: AgentInput) => Promise<unknown>;

/** One run of an agent in its conversation. */
export interface Talk {
  before: SaidBefore;
  /** Keeps what was said, once over all attempts, and condenses what no longer fits. */
  keep(input: AgentInput, answer: unknown, ask: Ask): Promise<void>;
}

/** Brings what was said before into runs of agents that have a memory. */
@Injectable()
export class AgentMemory {
  private readonly logger = new Logger('AgentMemory');
  private readonly calls = new WeakMap<CurrentRun, Map<string, number>>();

  constructor(@Optional() private readonly conversations?: Conversations) {}

  async open(agent: AgentDefinition, conversation: string | undefined): Promise<Talk> {
    const { conversations } = this;
    if (!conversations) {
      throw new AgentSetupError(
        `Agent "${agent.name}" has a memory, which is kept in the database. Import EventStoreModule.`,
      );
    }
    const run = currentRun();
    const place = await this.placeOf(agent, conversation, run);
    const window = agent.memory!.window?.tokens ?? DEFAULT_WINDOW_TOKENS;
    const before = await recorded(run?.ledger, `memory:${place.place}:${agent.name}`, agent.name, async () => {
      const { summary, said } = await conversations.recall(place);
      return { summary, said: fitting(said, window).map(({ role, content }) => ({ role, content })) };
    });
    return {
      before,
      keep: async (input, answer, ask) => {
        await conversations.say(
          place,
          await Promise.all([said('user', inputText(agent, input)), said('assistant', textOf(answer))]),
        );
        if (agent.memory!.summarize) await this.condense(agent, conversations, place, window, ask);
      },
    };
  }

  // An answer is worth more than a summary: what could not be condensed now is condensed after the next one.
  private async condense(
    agent: AgentDefinition,
    conversations: Conversations,
    place: Place,
    window: number,
    ask: Ask,
  ): Promise<void> {
    try {
      const past = await conversations.recall({ ...place, run: '' });
      const old = overflow(past.said, window);
      const last = old.at(-1);
      if (!last) return;
      const summary = await ask(summarizer(agent), { task: 'Write the summary.', data: conversationOf(past, old) });
      await conversations.condense(place, textOf(summary), past.summarizedTo, last.id);
    } catch (error) {
      this.logger.warn(`What agent "${agent.name}" remembers of ${place.scope} was not summarized: ${String(error)}`);
    }
  }

  private async placeOf(
    agent: AgentDefinition,
    conversation: string | undefined,
    run: CurrentRun | undefined,
  ): Promise<Place> {
    const scope = conversation ?? (run && agent.memory!.scope?.(run)) ?? run?.scope;
    if (scope === undefined || scope === null || scope === '') throw new NoConversation(agent.name);
    if (!run) return { agent: agent.name, scope, run: randomUUID(), place: 0 };
    const calls = this.calls.get(run) ?? new Map<string, number>();
    this.calls.set(run, calls);
    const call = calls.get(agent.name) ?? 0;
    calls.set(agent.name, call + 1);
    const replay = (await run.ledger?.replay()) ?? 0;
    // Two messages to a call.
    return { agent: agent.name, scope, run: `${run.eventId}/${run.trigger}/${replay}`, place: call * 2 };
  }
}

/** What an earlier attempt remembered, or what there is to remember now: each attempt asks the model the same. */
async function recorded(
  ledger: RunLedger | undefined,
  key: string,
  agent: string,
  recall: () => Promise<SaidBefore>,
): Promise<SaidBefore> {
  const past = await ledger?.find(key);
  if (past?.status === 'done') return past.result as unknown as SaidBefore;
  const before = await recall();
  await ledger?.start({ key, kind: 'step', name: `memory of ${agent}`, effect: 'none' });
  await ledger?.finish(key, { status: 'done', result: before });
  return before;
}

async function said(role: Said['role'], content: string): Promise<Said> {
  // PostgreSQL holds neither NUL nor half of a UTF-16 pair.
  const storable = content.replaceAll('\u0000', '').toWellFormed();
  return { role, content: storable, tokens: await countTokens(storable) };
}

function textOf(answer: unknown): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}

function conversationOf({ summary }: Past, said: Said[]): object {
  return { summary_before: summary, conversation: said.map(({ role, content }) => ({ role, content })) };
}

function summarizer(agent: AgentDefinition): AgentDefinition {
  const { model, budget, maxInputChars } = agent;
  const answers = { prompt: SUMMARY_PROMPT, output: null, outputSchema: null, tools: [] };
  const account = agent.account ?? agent.name;
  return { name: `${agent.name}.memory`, account, ...answers, model, budget, maxSteps: 1, maxInputChars };
}
