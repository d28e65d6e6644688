import { globToLike } from '@reflex/core';
import type { Pool } from 'pg';
import { UnknownTrigger } from '../errors';
import type { RegisteredTrigger, TriggerDefinition } from '../trigger-definition';
import { reachable } from './outage';
import { LIST_TRIGGERS, PAUSE_TRIGGER, REGISTER_TRIGGER } from './queries';
import { toTrigger, type TriggerRow } from './rows';

/** The triggers in the database, by which every publisher fans out, and what this process needs to know of them. */
export class TriggerTable {
  private readonly known = new Map<number, RegisteredTrigger>();

  constructor(
    private readonly pool: Pool,
    private readonly app: string,
  ) {}

  /** Ids of the triggers that this process registered. */
  get ownIds(): number[] {
    return [...this.known.keys()];
  }

  nameOf(id: number): string {
    return this.known.get(id)?.name ?? `#${id}`;
  }

  isStateful(id: number): boolean {
    return this.known.get(id)?.stateful ?? false;
  }

  async register(definitions: TriggerDefinition[]): Promise<RegisteredTrigger[]> {
    // In the order of names: replicas that boot together must not wait for each other in a circle.
    const sorted = [...definitions].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const definition of sorted) {
      const [row] = await this.rows(REGISTER_TRIGGER, [
        definition.detached ? null : this.app,
        definition.name,
        definition.types,
        definition.types.map(globToLike),
        definition.scope,
        definition.stateful,
        definition.onRetry,
        definition.priority,
        definition.concurrency,
        definition.throttle?.limit ?? null,
        definition.throttle?.windowMs ?? null,
        definition.match ? JSON.stringify(definition.match) : null,
        definition.maxWaiting ?? null,
      ]);
      this.known.set(row!.id, toTrigger(row!));
    }
    return definitions.map(({ name }) => [...this.known.values()].find((trigger) => trigger.name === name)!);
  }

  async list(): Promise<RegisteredTrigger[]> {
    return (await this.rows(LIST_TRIGGERS, [])).map(toTrigger);
  }

  async setPaused(name: string, paused: boolean): Promise<void> {
    const rows = await this.rows(PAUSE_TRIGGER, [name, paused]);
    if (rows.length === 0) throw new UnknownTrigger(name);
  }

  private rows(text: string, values: unknown[]): Promise<TriggerRow[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as TriggerRow[]);
  }
}
