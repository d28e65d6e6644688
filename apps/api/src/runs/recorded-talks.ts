import type { AskedQuestion, JsonValue, RecordedAnswer, RecordedTalk } from '@reflex/core';
import type { Effect } from '@reflex/event-store';

/** How agents put a question on record. */
interface QuestionInput {
  /** Which run of an agent within the attempt, from 1. */
  run: number;
  messages: number;
  question?: AskedQuestion;
}

/**
 * The runs of agents in one delivery, in order, each with its answers. Of several answers at the same place the newest
 * counts: an earlier attempt may have asked something else. Effects are the oldest first.
 */
export function recordedTalks(effects: readonly Effect[]): RecordedTalk[] {
  const answered = effects.filter(({ kind, status }) => kind === 'model' && (status === 'done' || status === 'failed'));
  const places = new Map<string, { agent: string; input: QuestionInput; answer: RecordedAnswer }>();
  for (const { name: agent, input, result, error } of answered) {
    const about = input as unknown as QuestionInput;
    places.set(`${about.run} ${agent} ${about.messages}`, {
      agent,
      input: about,
      answer: error ? { text: '', calls: [], error: error.message } : answerOf(result),
    });
  }
  const runs = Map.groupBy(places.values(), ({ agent, input }) => `${input.run} ${agent}`);
  return [...runs.values()]
    .map((turns) => turns.toSorted((one, other) => one.input.messages - other.input.messages))
    .toSorted(([one], [other]) => one!.input.run - other!.input.run)
    .flatMap(([first, ...others]) => {
      const question = first!.input.question;
      const answers = [first!, ...others].map(({ answer }) => answer);
      return question ? [{ agent: first!.agent, question, answers }] : [];
    });
}

function answerOf(result: JsonValue): RecordedAnswer {
  const { content, calls } = result as { content: string; calls: RecordedAnswer['calls'] };
  return { text: content, calls };
}
