import type { IngestQuota } from '@reflex/event-store';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What waits, and what was refused for it; read from memory at the scrape. */
export function quotaMetrics(registry: Registry, quota: IngestQuota): void {
  registry.registerMetric(
    new Gauge({
      name: 'reflex_trigger_waiting',
      help: 'Deliveries that wait for a trigger, as this process saw last; counted up to its bound.',
      labelNames: ['trigger'],
      registers: [],
      collect() {
        this.reset();
        for (const { name, waiting } of quota.waiting) this.set({ trigger: name }, waiting);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: 'reflex_quota_refusals_total',
      help: 'Requests and frames that were refused because too much waits, by whose bound it was.',
      labelNames: ['of'],
      registers: [],
      collect() {
        this.reset();
        for (const [of, count] of Object.entries(quota.refused)) this.inc({ of }, count);
      },
    }),
  );
}
