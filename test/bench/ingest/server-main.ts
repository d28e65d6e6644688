import type { BenchServer } from './server';
import { SERVERS, type ServerName } from './servers';

export type ServerRequest = 'stored' | 'stop';
/** First the address, then the answers. */
export type ServerMessage = { url: string } | { stored: number } | { error: string };

// Between two rounds a server may have nothing open but the socket it listens on.
process.channel?.ref();

const [name, databaseUrl] = process.argv.slice(2) as [ServerName, string];

async function main(): Promise<void> {
  const server = await SERVERS[name](databaseUrl);
  process.on('message', (request: ServerRequest) => void answer(server, request));
  process.send!({ url: server.url } satisfies ServerMessage);
}

async function answer(server: BenchServer, request: ServerRequest): Promise<void> {
  if (request === 'stored') process.send!({ stored: await server.stored() } satisfies ServerMessage);
  if (request !== 'stop') return;
  await server.stop();
  process.exit(0);
}

main().catch((error: unknown) => {
  process.send!({ error: String(error) } satisfies ServerMessage);
});
