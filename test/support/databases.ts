import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** Set by the global setup for the workers of Jest. */
export const CLUSTER_URL = 'TEST_CLUSTER_URL';
export const TEMPLATE = 'TEST_TEMPLATE_DATABASE';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for one spec file, with all migrations applied: a clone of the template. */
export async function freshDatabase(): Promise<TestDatabase> {
  const { [CLUSTER_URL]: cluster, [TEMPLATE]: template } = process.env;
  if (cluster === undefined || template === undefined) {
    throw new Error('There is no test database. Only files named *.e2e-spec.ts get one: rename this spec.');
  }
  return cloneDatabase(cluster, template);
}

export async function cloneDatabase(clusterUrl: string, template: string): Promise<TestDatabase> {
  const name = `reflex_test_${randomBytes(6).toString('hex')}`;
  await administer(clusterUrl, `create database ${name} template ${template}`);
  return {
    url: databaseUrl(clusterUrl, name),
    drop: () => administer(clusterUrl, `drop database if exists ${name} with (force)`),
  };
}

/** The same server and role, another database. */
export function databaseUrl(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export async function administer(clusterUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
