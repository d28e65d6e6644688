/** Delivers history again to named triggers, or tells what would be delivered. */
export interface ReplayRequest {
  from: Date;
  to: Date;
  /** Globs; default all. */
  types?: string[];
  /** Names; required to execute. */
  triggers?: string[];
  mode: 'dry_run' | 'execute';
}

export interface ReplayResult {
  mode: ReplayRequest['mode'];
  events: number;
  /** Deliveries made, or that would be made, by trigger. Those still live are not made twice. */
  deliveries: Record<string, number>;
}
