import type { Approval } from '@reflex/event-store';

/** An approval as the API shows it. */
export function approvalJson(approval: Approval): Record<string, unknown> {
  const { id, status, trigger, eventId, agent, tool, input, argsHash, people, decisions } = approval;
  return {
    id,
    status,
    trigger,
    event_id: eventId,
    agent,
    tool,
    input,
    args_hash: argsHash,
    people,
    decisions,
    requested_by: approval.requestedBy,
    requested_at: approval.requestedAt.toISOString(),
    expires_at: approval.expiresAt.toISOString(),
    decided_at: approval.decidedAt?.toISOString() ?? null,
    used_at: approval.usedAt?.toISOString() ?? null,
  };
}
