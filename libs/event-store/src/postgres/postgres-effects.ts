import { effectWaitKey, type EffectEnd, type JsonValue, NewEffect, RecordedEffect } from '@reflex/core';
import type { Pool } from 'pg';
import type { Delivery } from '../delivery';
import { EffectLedger, type Effect, type EffectPage, type EffectResolution, type EffectSearch } from '../effects';
import { ApprovalNotUsable, InvalidCursor, StaleLease } from '../errors';
import {
  EFFECTS_OF_LETTER,
  FIND_EFFECT,
  FINISH_EFFECT,
  LIST_EFFECTS,
  LOAD_EFFECTS,
  RESOLVE_EFFECT,
  REFUSE_EFFECT,
  START_APPROVED_EFFECT,
  START_EFFECT,
} from './effect-queries';
import { pageSize } from './event-reader';
import { reachable } from './outage';

/** SQLSTATE of `reflex.start_approved_effect`. */
const NO_APPROVAL = 'RX003';
const BIGINT = /^\d{1,18}$/;

export class PostgresEffects extends EffectLedger {
  constructor(
    private readonly pool: Pool,
    /** Told after somebody was woken. */
    private readonly onWake: () => void,
  ) {
    super();
  }

  async load({ eventSeq, triggerId }: Delivery): Promise<{ replay: number; effects: RecordedEffect[] }> {
    type Row = LedgerRow & { number: number };
    const rows = await this.rows<Row>(LOAD_EFFECTS, [eventSeq, triggerId]);
    return { replay: rows[0]!.number, effects: rows.filter(({ id }) => id !== null).map(toRecorded) };
  }

  async start(delivery: Delivery, replay: number, effect: NewEffect): Promise<RecordedEffect> {
    const { eventSeq, triggerId, leaseToken, attempt } = delivery;
    const { argsHash, approval, refused, ...rest } = effect;
    const begun = { ...rest, args_hash: argsHash, attempt, event_id: eventIdOf(delivery) };
    const values = [eventSeq, triggerId, leaseToken, replay, JSON.stringify(begun)];
    if (refused) return this.written(delivery, await this.rows(REFUSE_EFFECT, [...values, JSON.stringify(refused)]));
    if (approval === undefined) return this.written(delivery, await this.rows(START_EFFECT, values));
    try {
      return this.written(delivery, await this.rows(START_APPROVED_EFFECT, [...values, approval]));
    } catch (error) {
      throw (error as { code?: unknown }).code === NO_APPROVAL ? new ApprovalNotUsable(approval, effect.name) : error;
    }
  }

  async finish(delivery: Delivery, replay: number, key: string, end: EffectEnd): Promise<RecordedEffect> {
    const { eventSeq, triggerId, leaseToken } = delivery;
    const { inputTokens, outputTokens, ...rest } = end;
    const ending = JSON.stringify({ ...rest, input_tokens: inputTokens, output_tokens: outputTokens });
    const values = [eventSeq, triggerId, leaseToken, replay, key, ending];
    return this.written(delivery, await this.rows<LedgerRow>(FINISH_EFFECT, values));
  }

  async list({ status, kind, trigger, eventId, limit: asked, cursor }: EffectSearch): Promise<EffectPage> {
    if (cursor !== undefined && !BIGINT.test(cursor)) throw new InvalidCursor();
    const limit = pageSize(asked);
    const wanted = [status, kind, trigger, eventId, cursor].map((value) => value ?? null);
    const rows = await this.rows<EffectRow>(LIST_EFFECTS, [...wanted, limit + 1]);
    return {
      items: rows.slice(0, limit).map(toEffect),
      nextCursor: rows.length > limit ? rows[limit - 1]!.id : null,
    };
  }

  async find(id: string): Promise<Effect | null> {
    if (!BIGINT.test(id)) return null;
    const [row] = await this.rows<EffectRow>(FIND_EFFECT, [id]);
    return row ? toEffect(row) : null;
  }

  async ofDeadLetter(letterId: string): Promise<Effect[]> {
    return (await this.rows<EffectRow>(EFFECTS_OF_LETTER, [letterId])).map(toEffect);
  }

  async resolve(id: string, { outcome, result, why, by }: EffectResolution): Promise<Effect | null> {
    if (!BIGINT.test(id)) return null;
    const [row] = await this.rows<EffectRow>(RESOLVE_EFFECT, [
      id,
      outcome === 'happened' ? 'done' : 'failed',
      outcome === 'happened' ? JSON.stringify(result ?? null) : null,
      JSON.stringify({ outcome, by, why }),
      effectWaitKey(id),
    ]);
    if (row) this.onWake();
    return row ? toEffect(row) : null;
  }

  private written(delivery: Delivery, [row]: LedgerRow[]): RecordedEffect {
    if (!row) throw new StaleLease(delivery.trigger, eventIdOf(delivery));
    return toRecorded(row);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

interface LedgerRow {
  id: string;
  key: string;
  kind: RecordedEffect['kind'];
  name: string;
  effect: RecordedEffect['effect'];
  args_hash: string | null;
  input: JsonValue;
  status: RecordedEffect['status'];
  result: JsonValue;
  error: RecordedEffect['error'];
  attempt: number;
  started_at: Date;
}

interface EffectRow extends LedgerRow {
  trigger: string;
  event_id: string;
  replay: number;
  tries: number;
  ended_at: Date | null;
  model: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  usd: number | null;
  resolution: Effect['resolution'];
}

function eventIdOf({ event, eventSeq }: Delivery): string {
  return event?.id ?? `seq:${eventSeq}`;
}

function toRecorded(row: LedgerRow): RecordedEffect {
  const { id, key, kind, name, effect, input, status, result, error, attempt } = row;
  return {
    id,
    key,
    kind,
    name,
    effect,
    argsHash: row.args_hash,
    input,
    status,
    result,
    error,
    attempt,
    startedAt: row.started_at,
  };
}

function toEffect(row: EffectRow): Effect {
  const { trigger, replay, tries, model, usd, resolution } = row;
  return {
    ...toRecorded(row),
    trigger,
    eventId: row.event_id,
    replay,
    tries,
    endedAt: row.ended_at,
    model,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    usd,
    resolution,
  };
}
