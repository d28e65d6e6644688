import './reflex-paths';
import { postgresCluster, type PostgresCluster } from './cluster';
import { CLUSTER_URL, TEMPLATE } from './databases';
import { createTemplate } from './template';

export const running: { cluster?: PostgresCluster } = {};

/** One PostgreSQL for all spec files; TEST_DATABASE_URL names another one, whose role may create databases. */
export default async function globalSetup(): Promise<void> {
  let url = process.env.TEST_DATABASE_URL;
  if (url === undefined) {
    running.cluster = await postgresCluster();
    url = running.cluster.url;
  }
  process.env[CLUSTER_URL] = url;
  process.env[TEMPLATE] = await createTemplate(url);
}
