import type { ApiClient } from '../e2e/driver/api-client';

export interface Run {
  event_id: string;
  trigger: string;
  attempt: number;
  outcome: 'completed' | 'filtered' | 'accumulated' | 'failed' | 'dead_letter' | 'deferred';
  reason: string | null;
  result: unknown;
  error: { code: string; message: string } | null;
  usage: { model?: string; input_tokens: number; output_tokens: number; tool_calls: ToolCall[] } | null;
}

export interface ToolCall {
  tool: string;
  error?: string;
  duration_ms: number;
}

export interface DeadLetter {
  id: string;
  trigger: string;
  reason: string;
  attempts: number;
  error: { message: string };
  [field: string]: unknown;
}

/** What can be seen of the service from outside, all of it read over HTTP. */
export interface Findings {
  events: { id: string; type: string; source: string }[];
  triggers: { name: string; types: string[] }[];
  runs: Run[];
  deadLetters: DeadLetter[];
  /** Deliveries that are not at their end. */
  open: number;
}

const ENDS = new Set<Run['outcome']>(['completed', 'filtered', 'accumulated', 'dead_letter']);

export async function findOut(api: ApiClient): Promise<Findings> {
  const [events, { body: triggers }, runs, deadLetters, open] = await Promise.all([
    api.all<Findings['events'][number]>('/events'),
    api.get('/triggers'),
    api.all<Run>('/runs'),
    api.all<DeadLetter>('/events/dlq', 'events'),
    openDeliveries(api),
  ]);
  return { events, triggers: triggers.items as Findings['triggers'], runs, deadLetters, open };
}

/** How many deliveries wait, are in work, or will be retried. */
export async function openDeliveries(api: ApiClient): Promise<number> {
  const { body } = await api.get('/health/detailed');
  const { pending, processing, scheduled } = (body.indicators ?? body.error.details.indicators).queue;
  return pending + processing + scheduled;
}

/** The runs that ended a delivery: one for each. */
export function finalRuns({ runs }: Findings): Run[] {
  return runs.filter(({ outcome }) => ENDS.has(outcome));
}
