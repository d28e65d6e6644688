import { ReflexError, RetryLater } from '@reflex/core';
import { ModelRefused, ModelUnavailable } from '../errors';
import type { AgentModel } from './models';

// A provider that says "tomorrow" is asked again within the hour: it may be wrong, and a person may have helped.
const MAX_DELAY_MS = 3_600_000;

interface ProviderError {
  status?: number;
  code?: string | null;
  name?: string;
  message?: string;
  headers?: Headers | Record<string, string>;
}

/** Turns what a provider's SDK throws into what the worker acts on: come back later, give up, or try again. */
export function explainModelError(error: unknown, model: AgentModel): Error {
  if (error instanceof ReflexError) return error;
  const { status, code, name, message, headers } = (error ?? {}) as ProviderError;
  const said = saidBy(message);
  const key = model.keySetting ?? 'its key';

  if (code === 'insufficient_quota') {
    return new ModelRefused(`The account of ${model.name} has no credit left. Top it up or set another ${key}.`);
  }
  if (status === 429 || status === 503) {
    const delayMs = retryAfterMs(headers);
    if (delayMs !== undefined) {
      return new RetryLater(`${model.name} asks to come back in ${Math.ceil(delayMs / 1_000)} s.`, delayMs, {
        cause: error,
      });
    }
  }
  if (status === 401 || status === 403) {
    // The provider's own words may quote a part of the key, so they are left out, also as cause.
    return new ModelRefused(
      `The provider of ${model.name} refuses the key (HTTP ${status}). Check ${key} and what it may use.`,
    );
  }
  if (status === 404) {
    return new ModelRefused(
      `The provider has no model ${model.name}. Correct DEFAULT_MODEL or the agent's model. ${said}`,
      {
        cause: error,
      },
    );
  }
  if (
    name === 'ContextOverflowError' ||
    (status !== undefined && status >= 400 && status < 500 && !RETRYABLE.has(status))
  ) {
    return new ModelRefused(`${model.name} refuses the request: send less, or change the prompt or tools. ${said}`, {
      cause: error,
    });
  }
  return new ModelUnavailable(`${model.name} did not answer; it is asked again with the next attempt. ${said}`, {
    cause: error,
  });
}

const RETRYABLE = new Set([408, 409, 425, 429]);

/** Milliseconds of `retry-after-ms` or `Retry-After` (seconds or a date). */
function retryAfterMs(headers: ProviderError['headers']): number | undefined {
  const read = (name: string) => (headers instanceof Headers ? headers.get(name) : headers?.[name]) ?? undefined;
  const exact = Number(read('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.min(exact, MAX_DELAY_MS);
  const text = read('retry-after');
  if (text === undefined || text.trim() === '') return undefined;
  const delayMs = Number.isFinite(Number(text)) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_DELAY_MS);
}

function saidBy(message: string | undefined): string {
  // LangChain appends a link of its own after an empty line.
  const words = message?.split('\n\nTroubleshooting URL:')[0]?.trim().slice(0, 500);
  return words ? `It said: ${words}` : '';
}
