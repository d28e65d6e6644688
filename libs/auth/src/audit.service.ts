import { Injectable, Logger } from '@nestjs/common';
import { InvalidJson, ReflexError } from '@reflex/core';
import { DataSource } from 'typeorm';
import { InvalidReason } from './errors';
import { BEGIN_ACTION, END_ACTION, LIST_ACTIONS } from './queries';

/** Who does something, and why. */
export interface Operator {
  actor: string;
  reason: string | null;
}

export interface OperatorAction extends Operator {
  /** What is done, such as `dead_letter.retry`. */
  action: string;
  /** What it is done to: an id or a name. */
  target: string;
  details?: Record<string, unknown>;
}

export interface AuditEntry extends Required<OperatorAction> {
  id: string;
  at: Date;
  /** `started` for ever when the process died in between. */
  outcome: 'started' | 'done' | 'failed';
}

export interface AuditSearch {
  actor?: string;
  action?: string;
  target?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

const MAX_REASON = 500;
const MAX_TARGET = 512;
// oxlint-disable-next-line no-control-regex -- those are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
const CURSOR = /^\d{1,18}$/;

/** Remembers what operators did. */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Does it with a row about it. The row comes first: when it cannot be written nothing is done, so that there is no
   * action without one. `tell` makes what is kept of the result.
   */
  async perform<T>(
    action: OperatorAction,
    act: () => Promise<T>,
    tell: (result: T) => Record<string, unknown> = () => ({}),
  ): Promise<T> {
    const id = await this.begin(action);
    let result: T;
    try {
      result = await act();
    } catch (error) {
      await this.end(id, 'failed', { error: error instanceof ReflexError ? error.code : 'internal_error' });
      throw error;
    }
    await this.end(id, 'done', tell(result));
    return result;
  }

  /** Newest first. */
  async list(search: AuditSearch): Promise<{ items: AuditEntry[]; nextCursor: string | null }> {
    const { actor = null, action = null, target = null, limit: asked = 100, cursor = null } = search;
    if (cursor !== null && !CURSOR.test(cursor)) {
      throw new InvalidJson(
        'invalid_cursor',
        'The cursor is not one that this list gave out. Start again without a cursor.',
      );
    }
    const limit = Math.min(Math.max(1, asked), 1_000);
    const rows = await this.dataSource.query<AuditEntry[]>(LIST_ACTIONS, [actor, action, target, cursor, limit + 1]);
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  }

  private async begin({ actor, action, target, reason, details = {} }: OperatorAction): Promise<string> {
    const [row] = await this.dataSource.query<{ id: string }[]>(BEGIN_ACTION, [
      actor,
      action,
      target.replaceAll('\0', '').slice(0, MAX_TARGET),
      checkedReason(reason),
      JSON.stringify(details),
    ]);
    return row!.id;
  }

  // What was done cannot be undone because its row cannot be completed; "started" tells as much.
  private async end(id: string, outcome: AuditEntry['outcome'], details: Record<string, unknown>): Promise<void> {
    try {
      await this.dataSource.query(END_ACTION, [id, outcome, JSON.stringify(details)]);
    } catch (error) {
      this.logger.warn(`The audit row ${id} stays "started", since the database does not answer: ${String(error)}`);
    }
  }
}

/** `null` for none; throws `InvalidReason`. */
export function checkedReason(reason: string | null | undefined): string | null {
  const text = reason?.trim() ?? '';
  if (text === '') return null;
  if (text.length > MAX_REASON || CONTROL.test(text) || !text.isWellFormed()) throw new InvalidReason(MAX_REASON);
  return text;
}
