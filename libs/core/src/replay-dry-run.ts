import type { ConditionTestimony, Testimony } from './explanation';

/** As for an explanation; `live` is still under way and would be left alone, `unknown` has no code in the asked process. */
export type DryRunVerdict = 'fires' | 'filtered' | 'deferred' | 'accumulated' | 'fails' | 'live' | 'unknown';

/** What a trigger would make of one event. */
export interface DryRunDecision {
  trigger: string;
  scope: string | null;
  verdict: DryRunVerdict;
  reason: string;
  filter: Testimony | null;
  condition: ConditionTestimony | null;
}

/** What executing a replay now would do. As it travels. */
export interface ReplayDryRun {
  mode: 'dry_run';
  /** In the range, whether a trigger takes them or not. */
  events: number;
  /** What would be delivered, by trigger. */
  deliveries: Record<string, number>;
  /** How often its handler would run, by trigger; timers that wake it included. */
  fires: Record<string, number>;
  verdicts: Record<string, Partial<Record<DryRunVerdict, number>>>;
  /** The first events that a trigger takes. One that is put off is told once, as it is first. */
  items: { event: { id: string; type: string; source: string; received_at: string }; decisions: DryRunDecision[] }[];
  notes: string[];
}
