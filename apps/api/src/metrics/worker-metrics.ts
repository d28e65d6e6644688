import type { TriggerWorker } from '@reflex/triggers';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** From a quick handler to an agent that works for minutes, in seconds. */
const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300];

/** Counts what the worker of this process does. */
export function workerMetrics(registry: Registry, worker: TriggerWorker): void {
  const registers = [registry];
  const duration = new Histogram({
    name: 'reflex_run_duration_seconds',
    help: 'Attempts by trigger and outcome, and how long they took.',
    labelNames: ['trigger', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const tokens = new Counter({
    name: 'reflex_model_tokens_total',
    help: 'Tokens of models by agent and direction.',
    labelNames: ['agent', 'direction'],
    registers,
  });
  const cost = new Counter({
    name: 'reflex_model_cost_usd_total',
    help: 'US dollars for models by agent.',
    labelNames: ['agent'],
    registers,
  });
  const stale = new Counter({
    name: 'reflex_stale_outcomes_total',
    help: 'Outcomes dropped because another process had taken over.',
    registers,
  });
  const lost = new Counter({
    name: 'reflex_leases_lost_total',
    help: 'Leases that could not be renewed in time.',
    registers,
  });
  const errors = new Counter({
    name: 'reflex_store_errors_total',
    help: 'Calls that the store refused or did not answer.',
    registers,
  });
  const inWork = new Gauge({
    name: 'reflex_runs_in_work',
    help: 'Handlers at work in this process.',
    registers: [],
    collect() {
      this.set(worker.inWork);
    },
  });
  registry.registerMetric(inWork);
  worker.on('settled', ({ delivery, outcome, run }) => {
    duration.observe({ trigger: delivery.trigger, outcome }, run.durationMs / 1_000);
    for (const { agent, input_tokens, output_tokens, cost_usd = 0 } of run.usage?.agents ?? []) {
      tokens.inc({ agent, direction: 'in' }, input_tokens);
      tokens.inc({ agent, direction: 'out' }, output_tokens);
      cost.inc({ agent }, cost_usd);
    }
  });
  worker.on('stale', () => stale.inc());
  worker.on('leaseLost', () => lost.inc());
  worker.on('storeError', () => errors.inc());
}
