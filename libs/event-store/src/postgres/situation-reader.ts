import type { Pool } from 'pg';
import type { StoredEvent } from '../delivery';
import { UnknownTrigger } from '../errors';
import type { Situation } from '../situation';
import { reachable } from './outage';
import { LOAD_CONTEXTS } from './queries';
import { toContext, toTrigger, type ContextRow, type TriggerRow } from './rows';

/** $1 trigger, $2 type, $3 source, $4 payload. */
const TRIGGER_FOR_EVENT = `
  select t.*, now() as now, $2 like any (t.patterns) as matches, coalesce($4::jsonb @> t.match, true) as contains,
         reflex.scope_of(t.scope, $3, $2, $4::jsonb) as lane
    from reflex.triggers t
   where t.name = $1`;

type Row = TriggerRow & { now: Date; matches: boolean; contains: boolean; lane: string | null };

/** Reads what a worker would find; changes and claims nothing. */
export class SituationReader {
  constructor(
    private readonly pool: Pool,
    private readonly contextEvents: number,
  ) {}

  async situation(trigger: string, event: StoredEvent, knownScope?: string | null): Promise<Situation> {
    const { type, source, payload } = event;
    const [row] = await this.rows<Row>(TRIGGER_FOR_EVENT, [trigger, type, source, JSON.stringify(payload)]);
    if (!row) throw new UnknownTrigger(trigger);
    const scope = knownScope === undefined ? row.lane : knownScope;
    const context = row.stateful && scope !== null ? await this.context(row.id, scope) : null;
    const { now, matches, contains } = row;
    return { now, trigger: toTrigger(row), matches, contains, scope, context };
  }

  private async context(triggerId: number, scope: string): Promise<Situation['context']> {
    const [row] = await this.rows<ContextRow>(LOAD_CONTEXTS, [[triggerId], [scope], this.contextEvents]);
    return row ? toContext(row) : null;
  }

  private rows<R>(text: string, values: unknown[]): Promise<R[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as R[]);
  }
}
