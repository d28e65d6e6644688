import type { ApprovalAnswer, ApprovalDecision, ApprovalRequest, ApprovalStatus, JsonValue } from '@reflex/core';
import type { Delivery } from './delivery';

/** A call of a tool, or what somebody wants to do, that people have to agree to. */
export interface Approval extends Omit<ApprovalAnswer, 'expiresInMs'> {
  trigger: string;
  eventId: string;
  agent: string;
  tool: string;
  argsHash: string;
  /** The exact arguments that it is for. */
  input: JsonValue;
  /** Who asked; `null` for an agent in a run. */
  requestedBy: string | null;
  requestedAt: Date;
  expiresAt: Date;
  decidedAt: Date | null;
  usedAt: Date | null;
}

/** A wish of somebody outside of a run. */
export interface OwnRequest extends Omit<ApprovalRequest, 'continuing'> {
  by: string;
  /** Whether whoever asks may agree as well. */
  ownWord: boolean;
}

/** All that is given must hold. */
export interface ApprovalSearch {
  status?: ApprovalStatus;
  trigger?: string;
  tool?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** Newest first. */
export interface ApprovalPage {
  items: Approval[];
  nextCursor: string | null;
}

/** Why a word does not count: it was decided before, its time is up, or it is of somebody who agreed before, or who asked. */
export type ApprovalRefusal = 'decided' | 'expired' | 'same_person' | 'own_request';

/**
 * What people have to agree to before it is done. An approval is for one call of one tool with exactly these
 * arguments in one delivery, is used once, and ends with its time.
 */
export abstract class Approvals {
  /** Asks, or tells what became of it; throws `StaleLease` when the delivery is no longer ours. */
  abstract request(delivery: Delivery, replay: number, request: ApprovalRequest): Promise<ApprovalAnswer>;
  /** The same for what somebody wants to do with a dead letter; `null` when that is gone. */
  abstract requestFor(deadLetterId: string, request: OwnRequest): Promise<Approval | null>;
  /** Uses up an approval of `requestFor`, once; false when it does not hold, or not any more. */
  abstract use(id: string): Promise<boolean>;
  abstract list(search: ApprovalSearch): Promise<ApprovalPage>;
  abstract find(id: string): Promise<Approval | null>;
  /** A person's word. When it was the last that is needed, the delivery goes on. */
  abstract decide(
    id: string,
    decision: Omit<ApprovalDecision, 'at'>,
  ): Promise<{ approval: Approval; refusal: ApprovalRefusal | null } | null>;
}
