import type { AIMessage, AIMessageChunk, UsageMetadata } from '@langchain/core/messages';
import { AnswerTooLong, ModelUnavailable } from '../errors';
import { untilAborted } from '../until-aborted';
import { AnswerPieces, type WholeAnswer } from './answer-pieces';
import { DEFAULT_MODEL_LIMITS } from './model-limits';
import type { AgentModel } from './models';

export type { UsageMetadata, WholeAnswer };

/** Starts an answer; the signal closes its connection. */
export type StartAnswer = (signal: AbortSignal) => Promise<AsyncIterable<AIMessageChunk | AIMessage>>;

/**
 * Reads an answer piece by piece, and leaves off when nothing comes for too long, when it never ends, or when it is more
 * than anybody asked for.
 */
export async function readAnswerStream(
  model: AgentModel,
  start: StartAnswer,
  signal: AbortSignal,
  onText: (text: string) => void,
  onChars: (chars: number) => void = () => undefined,
): Promise<WholeAnswer> {
  const limits = model.limits ?? DEFAULT_MODEL_LIMITS;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const giveUp = (what: string, ms: number) => () =>
    stop.abort(
      new ModelUnavailable(`${model.name} ${what} within ${ms / 1_000} s; it is asked again with the next attempt.`),
    );
  const silence = setTimeout(giveUp('said nothing', limits.firstTokenMs), limits.firstTokenMs);
  const end = setTimeout(giveUp('did not come to an end', limits.totalMs), limits.totalMs);
  const pieces = new AnswerPieces();
  try {
    const stream = await untilAborted(() => start(both), both);
    const iterator = stream[Symbol.asyncIterator]();
    for (;;) {
      const next = await untilAborted(() => iterator.next(), both);
      if (next.done) break;
      silence.refresh();
      const text = pieces.add(next.value);
      onChars(pieces.chars);
      if (pieces.chars > limits.answerChars) throw new AnswerTooLong(model.name, `${limits.answerChars} characters`);
      if (text !== '') onText(text);
    }
  } finally {
    clearTimeout(silence);
    clearTimeout(end);
    // Also closes the connection of an answer that was not read to its end.
    stop.abort();
  }
  if (pieces.cutOff) throw new AnswerTooLong(model.name, `${limits.outputTokens} tokens (MODEL_MAX_OUTPUT_TOKENS)`);
  if (model.saysWhenDone && !pieces.done) {
    throw new ModelUnavailable(
      `The answer of ${model.name} was cut off; it is asked again with the next attempt. Check the network if it goes on.`,
    );
  }
  return pieces.whole();
}
