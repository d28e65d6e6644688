import { GRAPH_LIMITS, type CausationGraph, type RunUsage } from '@reflex/core';
import type { Pool } from 'pg';
import type { RunOutcome } from '../settlement';
import { CAUSES, EFFECTS, OPEN_DELIVERIES, RUNS_OF_EVENTS } from './causation-queries';
import { drawGraph } from './causation-drawing';
import { reachable } from './outage';
import type { DeliveryRow } from './rows';

export interface CausationEventRow {
  seq: string;
  id: string;
  type: string;
  source: string;
  received_at: Date;
  causation_id: string | null;
  depth: number;
  /** Time of receipt in microseconds since 1970. */
  micros: string;
  /** From the event that was asked for. */
  steps: number;
}

export interface CausationDeliveryRow extends DeliveryRow {
  event_seq: string;
  scope: string | null;
}

export interface CausationRunRow {
  id: string;
  event_seq: string;
  trigger: string;
  scope: string | null;
  attempt: number;
  outcome: RunOutcome;
  reason: string | null;
  error: string | null;
  duration_ms: number;
  usage: RunUsage | null;
  settled_at: Date;
  micros: string;
}

/** Finds what caused an event and what it caused; bounded in depth and size. */
export class CausationReader {
  constructor(private readonly pool: Pool) {}

  async graph(id: string, limits: { depth: number; nodes: number } = GRAPH_LIMITS): Promise<CausationGraph | null> {
    // One more than is shown each time, to know whether there is more.
    const [causes, effects] = await Promise.all([
      this.rows<CausationEventRow>(CAUSES, [id, limits.depth + 1]),
      this.rows<CausationEventRow>(EFFECTS, [id, limits.depth + 1, limits.nodes + 1]),
    ]);
    const focus = causes.at(-1);
    if (!focus) return null;
    const events = [...causes, ...effects];
    const seqs = events.map(({ seq }) => seq);
    const [deliveries, runs] = await Promise.all([
      this.rows<CausationDeliveryRow>(OPEN_DELIVERIES, [seqs, events.map((event) => event.id)]),
      this.rows<CausationRunRow>(RUNS_OF_EVENTS, [seqs, limits.nodes + 1]),
    ]);
    return drawGraph({ focus, causes, effects, deliveries, runs, limits });
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}
