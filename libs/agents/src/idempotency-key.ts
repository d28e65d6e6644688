import { createHash } from 'node:crypto';

/** What makes two calls of a tool the same call. */
export interface CallIdentity {
  eventId: string;
  trigger: string;
  agent: string;
  tool: string;
  input: unknown;
}

/**
 * Gives each call of a tool its idempotency key. The arguments are part of it, so that one key never stands for two
 * requests; equal calls of one run are told apart by their ordinal, which a retry counts the same way.
 */
export class IdempotencyKeys {
  private readonly seen = new Map<string, number>();

  next({ eventId, trigger, agent, tool, input }: CallIdentity): string {
    const identity = canonicalJson([eventId, trigger, agent, tool, input]);
    const ordinal = (this.seen.get(identity) ?? 0) + 1;
    this.seen.set(identity, ordinal);
    return createHash('sha256').update(`${identity}#${ordinal}`).digest('hex').slice(0, 40);
  }
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
