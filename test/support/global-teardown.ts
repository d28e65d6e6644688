import { administer, CLUSTER_URL, TEMPLATE } from './databases';
import { running } from './global-setup';

export default async function globalTeardown(): Promise<void> {
  const { [CLUSTER_URL]: cluster, [TEMPLATE]: template } = process.env;
  if (running.cluster !== undefined) await running.cluster.stop();
  else if (cluster !== undefined) await administer(cluster, `drop database if exists ${template}`);
}
