import type { DataSource } from 'typeorm';

/** Empties what grows; the triggers stay registered. */
export async function emptyReflexTables(dataSource: DataSource): Promise<void> {
  await dataSource.query('truncate reflex.events, reflex.event_keys, reflex.deliveries, reflex.lanes, reflex.runs');
}
