import { backoffMs, type BackoffOptions, parkedIn, PermanentError, RetryLater } from '@reflex/core';
import { UndecodableEvent } from '@reflex/events';
import type { DeadLetterReason } from './dead-letters';
import type { Delivery } from './delivery';
import type { RunError, RunReport, Settlement } from './settlement';

export interface RetryPolicy {
  maxAttempts: number;
  backoff: BackoffOptions;
}

const MAX_MESSAGE = 4_096;
const MAX_STACK = 8_192;

/** How an attempt ends that threw: parked, later without counting, again with backoff, or in the dead letters. Its result is dropped. */
export function failure(policy: RetryPolicy, delivery: Delivery, report: RunReport, thrown: unknown): Settlement {
  const error = runError(thrown);
  const { result: _, reason: __, ...run } = report;
  if (thrown instanceof RetryLater) {
    return { delivery, outcome: 'deferred', run: { ...run, reason: error.message, error }, retryInMs: thrown.delayMs };
  }
  const parked = parkedIn(thrown);
  if (parked) {
    const { message, timeoutMs: retryInMs, waitsFor } = parked;
    return {
      delivery,
      outcome: 'parked',
      run: { ...run, reason: storableText(message, MAX_MESSAGE) },
      retryInMs,
      waitsFor,
    };
  }
  const reason = deadLetterReason(policy, delivery, thrown);
  if (reason) return { delivery, outcome: 'dead_letter', run: { ...run, error }, deadLetterReason: reason };
  const retryInMs = backoffMs(delivery.attempt, policy.backoff);
  return { delivery, outcome: 'failed', run: { ...run, error }, retryInMs };
}

function deadLetterReason({ maxAttempts }: RetryPolicy, delivery: Delivery, thrown: unknown): DeadLetterReason | null {
  if (thrown instanceof UndecodableEvent) return 'undecodable';
  if (thrown instanceof PermanentError) return 'permanent';
  return delivery.attempt >= maxAttempts ? 'attempts_exhausted' : null;
}

function runError(thrown: unknown): RunError {
  if (!(thrown instanceof Error)) return { code: 'handler_error', message: storableText(String(thrown), MAX_MESSAGE) };
  const code = (thrown as { code?: unknown }).code;
  return {
    code: typeof code === 'string' && code !== '' ? storableText(code, 100) : 'handler_error',
    message: storableText(thrown.message || thrown.name, MAX_MESSAGE),
    ...(thrown.stack && { stack: storableText(stackOf(thrown), MAX_STACK) }),
  };
}

function stackOf(error: Error): string {
  return error.cause instanceof Error ? `${error.stack}\nCaused by: ${error.cause.stack}` : error.stack!;
}

/** PostgreSQL holds neither NUL nor half of a UTF-16 pair. */
export function storableText(text: string, maxCharacters: number): string {
  const shortened = text.length > maxCharacters ? `${text.slice(0, maxCharacters - 1)}…` : text;
  return shortened.replaceAll('\u0000', '').toWellFormed();
}
