import type { OpenAPIObject } from '@nestjs/swagger';
import type { EventStore } from '@reflex/event-store';

type Samples = Record<string, string | undefined>;
type Parameter = { in: string; name: string; example?: unknown };

/** What to fill into the paths of the explorer, so that "Try it out" finds something: the newest of each kind. */
export async function sampleIds(store: EventStore): Promise<Samples> {
  const [events, runs, completed, letters, triggers, operations, effects, unknown, approvals, pending, budgets] =
    await Promise.all([
      store.search({ limit: 1 }),
      store.searchRuns({ limit: 1 }),
      store.searchRuns({ outcome: 'completed', limit: 1 }),
      store.deadLetters.list({ limit: 1 }),
      store.triggers(),
      store.operations.list(),
      store.effects.list({ limit: 1 }),
      store.effects.list({ status: 'unknown', limit: 1 }),
      store.approvals.list({ limit: 1 }),
      store.approvals.list({ status: 'pending', limit: 1 }),
      store.budgets.list({ limit: 1 }),
    ]);
  return {
    '/events/{id}': events.items[0]?.id,
    '/events/{id}/graph': events.items[0]?.id,
    '/runs/{id}': runs.items[0]?.id,
    '/runs/{id}/recording': completed.items[0]?.id,
    '/runs/{id}/stream': runs.items[0]?.id,
    '/events/dlq/{id}': letters.items[0]?.id,
    '/events/dlq/{id}/retry': letters.items[0]?.id,
    '/operations/{id}': operations[0]?.id,
    '/approvals/{id}': approvals.items[0]?.id,
    '/approvals/{id}/approve': pending.items[0]?.id,
    '/approvals/{id}/deny': pending.items[0]?.id,
    '/budgets/{id}': budgets.items[0]?.id,
    '/budgets/{id}/raise': budgets.items[0]?.id,
    '/effects/{id}': effects.items[0]?.id,
    '/effects/{id}/resolve': unknown.items[0]?.id,
    '/triggers/{name}/explain': triggers[0]?.name,
    '/triggers/{name}/explain?event': events.items[0]?.id,
    '/triggers/{name}/pause': triggers[0]?.name,
    '/triggers/{name}/resume': triggers[0]?.name,
  };
}

export function withSamples(document: OpenAPIObject, samples: Samples): OpenAPIObject {
  const paths = structuredClone(document.paths);
  for (const [path, operations] of Object.entries(paths)) {
    for (const operation of Object.values(operations) as { parameters?: Parameter[] }[]) {
      for (const parameter of operation.parameters ?? []) {
        const sample = samples[parameter.in === 'path' ? path : `${path}?${parameter.name}`];
        if (sample !== undefined) parameter.example = sample;
      }
    }
  }
  return { ...document, paths };
}
