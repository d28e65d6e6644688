import type { Operation } from '@reflex/event-store';

/** An operation as it travels. */
export function operationJson(operation: Operation): Record<string, unknown> {
  const { request: _request, createdAt, endedAt, ...progress } = operation;
  return {
    ...progress,
    request: requestJson(operation),
    created_at: createdAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
  };
}

function requestJson(operation: Operation): Record<string, unknown> {
  const { rate, stopOnFailure } = operation.request;
  const pace = { rate_per_second: rate, stop_on_failure: stopOnFailure };
  if (operation.kind === 'dead_letters.retry') {
    const { filter, limit } = operation.request;
    return { filter, limit, ...pace };
  }
  const { from, to, types, triggers } = operation.request;
  return { from: from.toISOString(), to: to.toISOString(), types: types ?? null, triggers, ...pace };
}
