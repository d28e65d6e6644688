import type { RegisteredTrigger } from '@reflex/event-store';

/** A registered trigger as it travels. */
export function triggerJson(trigger: RegisteredTrigger): Record<string, unknown> {
  const { name, types, match, scope, stateful, paused, active, onRetry, priority, concurrency, throttle } = trigger;
  return {
    name,
    types,
    match: match ?? null,
    scope,
    stateful,
    paused,
    active,
    on_retry: onRetry,
    priority,
    concurrency,
    throttle: throttle && { limit: throttle.limit, window_ms: throttle.windowMs },
    max_waiting: trigger.maxWaiting ?? null,
  };
}
