import { ReflexError, RetryLater } from '@reflex/core';
import { BudgetBusy } from '../../budgets/errors';
import { AnswerTooLong, ModelRefused, ModelUnavailable } from '../../errors';
import type { AgentModel } from '../models';
import { BodyTooLong } from './model-fetch';

// A provider that says "tomorrow" is asked again within the hour: it may be wrong, and a person may have helped.
const MAX_DELAY_MS = 3_600_000;
/** Statuses by which providers say that they are busy: 529 is Anthropic's. */
const BUSY = new Set([429, 503, 529]);
const RETRYABLE = new Set([408, 409, 425, 429]);
const MAX_CAUSES = 5;

interface ProviderError {
  status?: number;
  code?: string | null;
  name?: string;
  message?: string;
  headers?: { get?: (name: string) => string | null } & Record<string, unknown>;
  cause?: unknown;
}

/** Turns what a provider's SDK throws into what the worker acts on: come back later, give up, or try again. */
export function explainModelError(error: unknown, model: AgentModel): Error {
  if (error instanceof ReflexError) return error;
  const { status, code, name, headers } = (error ?? {}) as ProviderError;
  const causes = causesOf(error);
  const said = saidBy(causes, model.secret);
  const key = model.keySetting ?? 'its key';

  const tooLong = causes.find((cause) => cause instanceof BodyTooLong);
  if (tooLong) return new AnswerTooLong(model.name, `${tooLong.limit} bytes`);
  if (code === 'insufficient_quota') {
    return new ModelRefused(
      `The account of ${model.name} has no credit left. Top it up or set another ${key}.`,
      'account',
    );
  }
  if (status !== undefined && BUSY.has(status)) {
    const delayMs = retryAfterMs(headers);
    if (delayMs !== undefined) {
      return new RetryLater(`${model.name} asks to come back in ${Math.ceil(delayMs / 1_000)} s.`, delayMs);
    }
  }
  if (status === 401 || status === 403) {
    // The provider's own words may quote a part of the key, so they are left out.
    return new ModelRefused(
      `The provider of ${model.name} refuses the key (HTTP ${status}). Check ${key} and what it may use.`,
      'account',
    );
  }
  if (status === 404) {
    return new ModelRefused(
      `The provider has no model ${model.name}. Correct DEFAULT_MODEL or the agent's model. ${said}`,
      'account',
    );
  }
  if (
    name === 'ContextOverflowError' ||
    (status !== undefined && status >= 400 && status < 500 && !RETRYABLE.has(status))
  ) {
    return new ModelRefused(
      `${model.name} refuses the request: send less, or change the prompt or tools. ${said}`,
      'request',
    );
  }
  return new ModelUnavailable(`${model.name} did not answer; it is asked again with the next attempt. ${said}`);
}

/** Whether what is wrong lies with the provider, so that another model may well answer. */
export function anotherMayAnswer(error: unknown): boolean {
  if (error instanceof BudgetBusy) return false;
  if (error instanceof ModelRefused) return error.fault === 'account';
  return error instanceof ModelUnavailable || error instanceof RetryLater;
}

/** Milliseconds of `retry-after-ms` or `Retry-After` (seconds or a date). */
function retryAfterMs(headers: ProviderError['headers']): number | undefined {
  const read = (name: string) => {
    const value = typeof headers?.get === 'function' ? headers.get(name) : headers?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const exact = Number(read('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.min(exact, MAX_DELAY_MS);
  const text = read('retry-after');
  if (text === undefined || text.trim() === '') return undefined;
  const delayMs = Number.isFinite(Number(text)) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_DELAY_MS);
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause && causes.length < MAX_CAUSES; cause = (cause as ProviderError).cause) {
    causes.push(cause);
  }
  return causes;
}

// The innermost cause names what happened on the wire. The errors themselves go no further: they carry whole requests.
function saidBy(causes: unknown[], secret: string | undefined): string {
  const messages = causes.map((cause) => (cause as ProviderError).message).filter((text) => typeof text === 'string');
  // LangChain appends a link of its own after an empty line.
  const words = [...new Set([messages.at(0), messages.at(-1)])]
    .map((text) => text?.split('\n\nTroubleshooting URL:')[0]?.trim())
    .filter(Boolean)
    .join(' ');
  const safe = (secret ? words.replaceAll(secret, '[key]') : words).slice(0, 500);
  return safe ? `It said: ${safe}` : '';
}
