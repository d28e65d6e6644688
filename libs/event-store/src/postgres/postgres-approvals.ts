import type { ApprovalAnswer, ApprovalDecision, ApprovalRequest, JsonValue } from '@reflex/core';
import type { Pool } from 'pg';
import {
  Approvals,
  type Approval,
  type ApprovalPage,
  type ApprovalRefusal,
  type ApprovalSearch,
  type OwnRequest,
} from '../approvals';
import type { Delivery } from '../delivery';
import { InvalidCursor, StaleLease } from '../errors';
import {
  DECIDE_APPROVAL,
  FIND_APPROVAL,
  LIST_APPROVALS,
  REQUEST_APPROVAL,
  REQUEST_FOR_LETTER,
  USE_APPROVAL,
} from './approval-queries';
import { pageSize } from './event-reader';
import { reachable } from './outage';

const BIGINT = /^\d{1,18}$/;

export class PostgresApprovals extends Approvals {
  constructor(
    private readonly pool: Pool,
    /** Told after somebody was woken. */
    private readonly onWake: () => void,
  ) {
    super();
  }

  async request(delivery: Delivery, replay: number, request: ApprovalRequest): Promise<ApprovalAnswer> {
    const { eventSeq, triggerId, leaseToken, trigger, event } = delivery;
    const { argsHash, withinMs, ...wish } = request;
    const eventId = event?.id ?? `seq:${eventSeq}`;
    const wanted = { ...wish, args_hash: argsHash, within_ms: withinMs, event_id: eventId };
    const values = [eventSeq, triggerId, leaseToken, replay, JSON.stringify(wanted)];
    const [row] = await this.rows<AnswerRow & { expires_in_ms: number }>(REQUEST_APPROVAL, values);
    if (!row) throw new StaleLease(trigger, eventId);
    const { id, status, people, decisions, expires_in_ms: expiresInMs } = row;
    return { id, status, people, decisions, expiresInMs };
  }

  async requestFor(deadLetterId: string, request: OwnRequest): Promise<Approval | null> {
    const { argsHash, withinMs, by, ownWord, ...wish } = request;
    const wanted = { ...wish, args_hash: argsHash, within_ms: withinMs, requested_by: by, own_word: ownWord };
    const [row] = await this.rows<{ id: string }>(REQUEST_FOR_LETTER, [deadLetterId, JSON.stringify(wanted)]);
    return row ? this.find(row.id) : null;
  }

  async use(id: string): Promise<boolean> {
    return (await this.rows(USE_APPROVAL, [id])).length > 0;
  }

  async list({ status, trigger, tool, limit: asked, cursor }: ApprovalSearch): Promise<ApprovalPage> {
    if (cursor !== undefined && !BIGINT.test(cursor)) throw new InvalidCursor();
    const limit = pageSize(asked);
    const wanted = [status, trigger, tool, cursor].map((value) => value ?? null);
    const rows = await this.rows<ApprovalRow>(LIST_APPROVALS, [...wanted, limit + 1]);
    return {
      items: rows.slice(0, limit).map(toApproval),
      nextCursor: rows.length > limit ? rows[limit - 1]!.id : null,
    };
  }

  async find(id: string): Promise<Approval | null> {
    if (!BIGINT.test(id)) return null;
    const [row] = await this.rows<ApprovalRow>(FIND_APPROVAL, [id]);
    return row ? toApproval(row) : null;
  }

  async decide(
    id: string,
    { decision, by, why }: Omit<ApprovalDecision, 'at'>,
  ): Promise<{ approval: Approval; refusal: ApprovalRefusal | null } | null> {
    if (!BIGINT.test(id)) return null;
    type Row = { refusal: ApprovalRefusal | 'none' | null };
    const [row] = await this.rows<Row>(DECIDE_APPROVAL, [id, decision, by, why]);
    const approval = await this.find(id);
    if (row!.refusal === 'none' || !approval) return null;
    if (row!.refusal === null) this.onWake();
    return { approval, refusal: row!.refusal };
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

interface AnswerRow {
  id: string;
  status: Approval['status'];
  people: number;
  decisions: ApprovalDecision[];
}

interface ApprovalRow extends AnswerRow {
  trigger: string;
  event_id: string;
  agent: string;
  tool: string;
  args_hash: string;
  input: JsonValue;
  requested_by: string | null;
  requested_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  used_at: Date | null;
}

function toApproval(row: ApprovalRow): Approval {
  const { id, status, people, decisions, trigger, agent, tool, input } = row;
  return {
    id,
    status,
    people,
    decisions,
    trigger,
    eventId: row.event_id,
    agent,
    tool,
    argsHash: row.args_hash,
    input,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    usedAt: row.used_at,
  };
}
