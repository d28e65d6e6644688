import { createHash } from 'node:crypto';

/** What makes two calls of a tool the same call. */
export interface CallIdentity {
  eventId: string;
  trigger: string;
  agent: string;
  tool: string;
  input: unknown;
  /** Which execute-replay it belongs to; 0 for none. */
  replay?: number;
}

/** A key that is taken; `giveBack` lets the next equal call have it again. */
export interface TakenKey {
  key: string;
  giveBack(): void;
}

/**
 * Gives each call of a tool its idempotency key. The arguments are part of it, so that one key never stands for two
 * requests; equal calls of one run are told apart by their ordinal, which a retry counts the same way. A call that failed
 * gives its key back: whoever repeats it means the same effect, which may have happened in spite of the error.
 */
export class CallKeys {
  private readonly seen = new Map<string, { count: number; free: number[] }>();

  next({ eventId, trigger, agent, tool, input, replay = 0 }: CallIdentity): TakenKey {
    const identity = [eventId, trigger, agent, tool, input, ...(replay > 0 ? [{ replay }] : [])];
    return this.take(canonicalJson(identity), 40);
  }

  /** The key of a question to a model. */
  question(question: unknown): TakenKey {
    return this.take(canonicalJson(['question', question]), 32);
  }

  private take(identity: string, digits: number): TakenKey {
    const taken = this.seen.get(identity) ?? { count: 0, free: [] };
    this.seen.set(identity, taken);
    const ordinal = taken.free.shift() ?? (taken.count += 1);
    return { key: sha256(`${identity}#${ordinal}`).slice(0, digits), giveBack: () => void taken.free.push(ordinal) };
  }
}

/** Names a tool with its exact arguments. */
export function argsHash(tool: string, input: unknown): string {
  return sha256(canonicalJson([tool, input]));
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
