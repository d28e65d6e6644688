import { NotFound, ReflexError } from '@reflex/core';
import type { Approval, ApprovalRefusal, DeadLetter, Effect } from '@reflex/event-store';

export function noDeadLetter(id: string): NotFound {
  return new NotFound(`"${id}" is neither a dead letter nor an event that has one. List them with GET /events/dlq.`);
}

export function noOperation(id: string): NotFound {
  return new NotFound(`There is no operation "${id}". List them with GET /operations.`);
}

export function noEffect(id: string): NotFound {
  return new NotFound(`There is no effect "${id}". List them with GET /effects.`);
}

export function noApproval(id: string): NotFound {
  return new NotFound(`There is no approval "${id}". List them with GET /approvals.`);
}

export function noBudget(id: string): NotFound {
  return new NotFound(`There is no budget "${id}". List them with GET /budgets.`);
}

/** A limit of a day that is over cannot be raised any more. */
export class BudgetOver extends ReflexError {
  readonly code = 'budget_over';
  override readonly status = 409;

  constructor(id: string, day: string) {
    super(`Budget ${id} is of ${day}, and that day (UTC) is over. Raise the one of today; nothing was changed.`);
  }
}

/** The word does not count; nothing was changed. */
export class ApprovalRefused extends ReflexError {
  readonly code: string;
  override readonly status = 409;

  constructor(refusal: ApprovalRefusal, { id, tool, status, people, decisions, expiresAt }: Approval) {
    const sentences: Record<ApprovalRefusal, string> = {
      decided: `Approval ${id} of "${tool}" is ${status} already.`,
      expired: `Approval ${id} of "${tool}" ended at ${expiresAt.toISOString()}. Whoever still wants it asks anew.`,
      own_request: `You asked for "${tool}" yourself. Somebody with another key has to approve it.`,
      same_person: `You have approved this already. It needs ${people} different people; ${decisions.length} have.`,
    };
    super(`${sentences[refusal]} Nothing was changed.`);
    this.code = `approval_${refusal}`;
  }
}

/** Only what nobody knows the end of can be decided. */
export class NotUnknown extends ReflexError {
  readonly code = 'not_unknown';
  override readonly status = 409;

  constructor({ id, name, status, resolution }: Effect) {
    const by = resolution ? `: ${resolution.by} said "${resolution.outcome}"` : '';
    super(`Effect ${id} of "${name}" is ${status}${by}. Only unknown ones can be resolved; nothing was changed.`);
  }
}

/** The id is an event's that has several dead letters, and the action is for one. */
export class SeveralDeadLetters extends ReflexError {
  readonly code = 'several_dead_letters';
  override readonly status = 409;

  constructor(id: string, letters: DeadLetter[]) {
    super(`Event "${id}" has ${letters.length} dead letters. Name one of them by its own id.`, {
      details: { dead_letters: letters.map((letter) => ({ dead_letter_id: letter.id, trigger: letter.trigger })) },
    });
  }
}

/** Nothing was deleted: the filter finds others than the operator believes. */
export class UnexpectedCount extends ReflexError {
  readonly code = 'unexpected_count';
  override readonly status = 409;

  constructor(found: number, expected: number) {
    super(
      `The filter finds ${found} dead letters, not ${expected}; nothing was deleted. Look at them with GET /events/dlq, then send "expected": ${found}.`,
      { details: { found, expected } },
    );
  }
}
