import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import autocannon from 'autocannon';
import { forkBench } from '../fork';
import { payload } from '../sides/payload';
import { socketLoad } from './socket-load';
import type { ServerMessage, ServerRequest } from './server-main';
import type { ServerName } from './servers';

const BODY = JSON.stringify({ type: 'bench.event', source: 'bench', ...payload(1, 1_000) });

interface Load {
  /** Answered as wished. */
  good: number;
  perSecond: number;
}

/** A server in a process of its own; what it is sent comes from ours. */
export class ServerProcess {
  private constructor(
    private readonly name: ServerName,
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async open(name: ServerName, databaseUrl: string, nodeArgs: string[]): Promise<ServerProcess> {
    const child = forkBench('ingest/server-main.ts', [name, databaseUrl], nodeArgs);
    const first = await answerOf(child);
    if (!('url' in first)) throw new Error(`The server "${name}" did not start: ${JSON.stringify(first)}`);
    return new ServerProcess(name, child, first.url);
  }

  /** Requests per second; every one is answered 201 and every event is there afterwards. */
  async load(connections: number, seconds: number): Promise<number> {
    return this.checked(async () => this.post(connections, seconds));
  }

  /** Frames per second, each acknowledged, and every one of them there afterwards. */
  async frames(clients: number, seconds: number): Promise<number> {
    return this.checked(async () => {
      const { acks, perSecond } = await socketLoad(this.url, clients, seconds);
      return { good: acks, perSecond };
    });
  }

  private async checked(load: () => Promise<Load>): Promise<number> {
    const before = await this.stored();
    const { good, perSecond } = await load();
    const stored = (await this.stored()) - before;
    if (stored < good) throw new Error(`${this.name} answered ${good} but stored ${stored}.`);
    return perSecond;
  }

  private async post(connections: number, seconds: number): Promise<Load> {
    const result = await autocannon({
      url: this.url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: BODY,
      connections,
      duration: seconds,
    });
    const good = result['2xx'];
    if (result.non2xx + result.errors > 0)
      throw new Error(`${this.name}: ${result.non2xx} refused, ${result.errors} failed.`);
    return { good, perSecond: good / result.duration };
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.send('stop' satisfies ServerRequest);
    await ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async stored(): Promise<number> {
    this.child.send('stored' satisfies ServerRequest);
    const answer = await answerOf(this.child);
    if (!('stored' in answer)) throw new Error(`${this.name}: ${JSON.stringify(answer)}`);
    return answer.stored;
  }
}

async function answerOf(child: ChildProcess): Promise<ServerMessage> {
  const answered = new AbortController();
  try {
    const [message] = (await Promise.race([
      once(child, 'message', answered),
      once(child, 'exit', answered).then(() => [{ error: 'the process ended' }]),
    ])) as [ServerMessage];
    return message;
  } finally {
    // The other one would wait for ever.
    answered.abort();
  }
}
