/** What a key may do. `admin` may everything; `dlq:write` and `approvals:write` may also read events. */
export const SCOPES = ['events:write', 'events:read', 'dlq:write', 'approvals:write', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

const IMPLIED: Record<Scope, readonly Scope[]> = {
  'events:write': [],
  'events:read': [],
  'dlq:write': ['events:read'],
  'approvals:write': ['events:read'],
  admin: SCOPES,
};

/** Whether there is a scope of this name. */
export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Whether somebody who holds `held` may do what needs `needed`. */
export function allows(held: readonly Scope[], needed: Scope): boolean {
  return held.some((scope) => scope === needed || IMPLIED[scope].includes(needed));
}
