import type { Budget } from '@reflex/event-store';

/** A budget as the API shows it. */
export function budgetJson({ id, level, agent, key, unit, day, ...rest }: Budget): Record<string, unknown> {
  const { allowed, raised, spent, reserved, exhaustedAt, waiting } = rest;
  return {
    id,
    level,
    agent,
    key,
    unit,
    day,
    allowed,
    raised,
    spent,
    reserved,
    exhausted_at: exhaustedAt?.toISOString() ?? null,
    waiting,
  };
}
