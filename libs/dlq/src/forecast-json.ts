import type { RetryForecast } from './retry-forecast';

/** What a retry would do, as the API and the command line show it. */
export function forecastJson(forecast: RetryForecast): Record<string, unknown> {
  const { deadLetterId, trigger, scope, attempt, edited, problem, explanation, effects } = forecast;
  return {
    dead_letter_id: deadLetterId,
    trigger,
    scope,
    attempt,
    edited,
    readable: problem === null,
    problem,
    verdict: explanation?.verdict ?? null,
    reason: explanation?.reason ?? null,
    explanation,
    effects: effects.map(({ effectId, ...effect }) => ({ effect_id: effectId, ...effect })),
  };
}
