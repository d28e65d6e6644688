import { randomBytes } from 'node:crypto';
import { runMigrations } from '@reflex/event-store';
import { administer, databaseUrl } from './databases';

/** A database with all migrations applied, to be cloned; of a name of its own, as several runs may share a server. */
export async function createTemplate(clusterUrl: string): Promise<string> {
  const name = `reflex_template_${randomBytes(4).toString('hex')}`;
  await administer(clusterUrl, `create database ${name}`);
  await runMigrations(databaseUrl(clusterUrl, name));
  return name;
}
