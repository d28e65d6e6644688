import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@reflex/auth';
import { ReflexError } from '@reflex/core';
import { ApprovalService, deadLetterJson, DeadLetterService, forecastJson, SeveralDeadLetters } from '@reflex/dlq';
import type { Approval, DeadLetter } from '@reflex/event-store';

const TOOL = 'retry_dead_letter';
/** How long a person has, and how long their word holds. */
const WITHIN_MS = 24 * 3_600_000;
const MAX_REASON = 500;

/** A person said no, or nobody said anything in time. */
class NotApproved extends ReflexError {
  readonly code: string;
  override readonly status = 409;

  constructor({ id, status, decisions }: Approval) {
    const why = decisions.find(({ decision }) => decision === 'denied')?.why;
    super(
      status === 'denied'
        ? `A person refused it (approval ${id})${why ? `: ${why}` : '.'} Do not try it again.`
        : `Nobody approved it in time (approval ${id}). Call again to ask anew.`,
    );
    this.code = `approval_${status}`;
  }
}

/**
 * Retries of dead letters that an assistant wants: each needs the approval of a person, for this dead letter as it is now,
 * once. Whoever asked cannot approve it with the same key; where nobody has keys, anybody can.
 */
@Injectable()
export class ApprovedRetries {
  constructor(
    private readonly deadLetters: DeadLetterService,
    private readonly approvals: ApprovalService,
  ) {}

  async retry({ id, reason = null }: { id: string; reason?: string | null }, by: Principal): Promise<unknown> {
    const letters = await this.deadLetters.get(id);
    if (letters.length > 1) throw new SeveralDeadLetters(id, letters);
    const [letter] = letters;
    const approval = await this.ask(letter, reason, by);
    if (approval.status === 'pending') return this.waiting(letter, approval);
    if (approval.status !== 'approved') throw new NotApproved(approval);
    await this.approvals.use(approval);
    const operator = { actor: by.actor, reason: reason ?? 'over MCP' };
    const { eventId, retried } = await this.deadLetters.retry(letter.id, operator, approval.id);
    return { done: true, event_id: eventId, retried, approval: approval.id };
  }

  private ask(letter: DeadLetter, reason: string | null, { actor, keyId }: Principal): Promise<Approval> {
    const shown = deadLetterJson(letter);
    const request = {
      key: `mcp:${TOOL}:${actor}`,
      agent: 'mcp',
      tool: TOOL,
      // All that is retried: an edit meanwhile makes it another wish.
      argsHash: createHash('sha256')
        .update(JSON.stringify([TOOL, shown]))
        .digest('hex'),
      input: { reason: reason?.slice(0, MAX_REASON) ?? null, dead_letter: shown },
      people: 1,
      withinMs: WITHIN_MS,
      by: actor,
      ownWord: keyId === null,
    };
    return this.approvals.requestFor(letter.id, request, reason);
  }

  private async waiting(letter: DeadLetter, { id, expiresAt }: Approval): Promise<unknown> {
    const [forecast] = await this.deadLetters.forecast(letter.id);
    return {
      done: false,
      approval: { id, status: 'pending', expires_at: expiresAt.toISOString() },
      next: `A person with the scope approvals:write approves it: POST /approvals/${id}/approve, or npx reflex approvals approve ${id}. Then call again.`,
      would_retry: deadLetterJson(letter),
      forecast: forecast && forecastJson(forecast),
    };
  }
}
