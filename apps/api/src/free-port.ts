import { createServer } from 'node:net';

/** Fails as listening would, but before anything else was started for it. */
export async function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve));
  await new Promise((resolve) => server.close(resolve));
}
