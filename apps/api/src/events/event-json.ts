import type { EventWithDeliveries, StoredEvent } from '@reflex/event-store';

/** An event as it travels: flat, its own fields beside the envelope's. */
export function eventJson({ id, type, source, timestamp, meta, payload }: StoredEvent): Record<string, unknown> {
  return { ...payload, id, type, source, timestamp: timestamp.toISOString(), meta };
}

export function eventWithDeliveriesJson(event: EventWithDeliveries): Record<string, unknown> {
  const deliveries = event.deliveries.map(({ trigger, status, attempts, nextAttemptAt, error, runId, waitsFor }) => ({
    trigger,
    status,
    attempts,
    next_attempt_at: nextAttemptAt?.toISOString() ?? null,
    error,
    ...(runId !== null && { run_id: runId }),
    ...(status === 'parked' && { waits_for: waitsFor }),
  }));
  return { ...eventJson(event), deliveries };
}
