import type { JsonValue } from '@reflex/core';
import type { Effect } from '@reflex/event-store';

/** An effect as the API and the command line show it. */
export function effectJson(effect: Effect): Record<string, unknown> {
  const { id, trigger, eventId, replay, kind, name, key, status, input, result, error, attempt, tries } = effect;
  return {
    id,
    trigger,
    event_id: eventId,
    replay,
    kind,
    name,
    effect: effect.effect,
    key,
    status,
    input: kind === 'model' ? withoutQuestion(input) : input,
    args_hash: effect.argsHash,
    result,
    error: error && { code: error.code, message: error.message },
    attempt,
    tries,
    model: effect.model,
    input_tokens: effect.inputTokens,
    output_tokens: effect.outputTokens,
    usd: effect.usd,
    resolution: effect.resolution,
    started_at: effect.startedAt.toISOString(),
    ended_at: effect.endedAt?.toISOString() ?? null,
  };
}

// Prompts are for those who may see a recording.
function withoutQuestion(input: JsonValue): JsonValue {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const { question: _question, ...others } = input;
  return others;
}
