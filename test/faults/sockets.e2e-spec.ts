import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import { Client } from 'pg';
import { WebSocket } from 'ws';
import { crowd, full, report } from './form';
import { percentile } from './scene';
import { bestOf } from './tries';

const CLIENTS = full ? 1_000 : 200;
const LAZY = full ? 50 : 10;
/** What two cores carry beside a thousand clients that run on them as well. */
const PER_SECOND = full ? 2_000 : 400;
const SECONDS = full ? 60 : 5;
/** Of 240 KB each: more than the kernel's buffers hold. */
const LONG_ANSWERS = 32;
/** So many at a time stop reading: what is measured is not how fast long answers are made. */
const GROUP = 5;

const TALKERS = full ? 20 : 8;
const SAYINGS = full ? 1_000 : 150;
/** Acknowledged in their order. */
const AT_ONCE = 4;

interface Frame {
  ack?: string;
  error?: unknown;
}

describe('many clients on sockets', () => {
  let database: TestDatabase;
  let service: TestProcess;
  const sockets: WebSocket[] = [];
  beforeEach(async () => void (database = await freshDatabase()));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await service.kill('SIGKILL');
    await database.drop();
  });

  const settings = () => ({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_REQUESTS: '0',
    WS_RATE_LIMIT: '1000',
    WS_RATE_LIMIT_PER_KEY: '1000000',
  });

  function open(url: string): Promise<WebSocket> {
    const socket = new WebSocket(url);
    socket.on('error', () => undefined);
    sockets.push(socket);
    return new Promise((resolve) => socket.once('open', () => resolve(socket)));
  }

  /** Resolves once the service has so many sockets, as it tells. */
  const servedSockets = (count: number): Promise<void> =>
    eventually(
      () => {
        const [, told] = [...service.output.matchAll(/sockets (\d+) at/g)].at(-1)!;
        expect(Number(told)).toBe(count);
      },
      { timeoutMs: 60_000 },
    );

  const openMany = async (url: string, count: number, name: string): Promise<WebSocket[]> => {
    const opened = [];
    for (let n = 0; n < count; n += 50) {
      const some = Array.from({ length: Math.min(50, count - n) }, (_, index) =>
        open(`${url}/ws/${name}-${n + index}`),
      );
      opened.push(...(await Promise.all(some)));
    }
    return opened;
  };

  it(`45: of ${CLIENTS} clients ${LAZY} never read: they are closed within 10 s, cost little memory, and keep nobody waiting`, async () => {
    service = startProcess('test/faults/fixtures/echo-service.ts', {
      env: { ...settings(), API_PORT: '0' },
      nodeArgs: ['--max-semi-space-size=16', '--max-old-space-size=384'],
    });
    const url = (await service.line(/^listening/, { timeoutMs: 60_000 })).slice('listening http'.length);
    const readers = await openMany(`ws${url}`, CLIENTS - LAZY, 'reader');
    const lazy = await openMany(`ws${url}`, LAZY, 'lazy');
    // Warm, before anybody misbehaves: some who read have had as many long answers.
    const greedy = await openMany(`ws${url}`, LAZY, 'greedy');
    const memory: number[] = [];
    const watch = setInterval(() => void residentMiB(service.pid).then((mib) => memory.push(mib)), 250);
    askForMuch(greedy);
    await acknowledged(readers, PER_SECOND, full ? 10 : 4);
    for (const socket of greedy) socket.close();
    await servedSockets(CLIENTS);
    // The most with clients that read: in between, the heap gives back what it likes.
    const before = Math.max(...memory.splice(0));

    const askedAt: number[] = [];
    const stopReading = async () => {
      for (let n = 0; n < LAZY; n += GROUP) {
        const group = lazy.slice(n, n + GROUP);
        for (const socket of group) socket.pause();
        askForMuch(group);
        askedAt.push(Date.now());
        await delay(2_000);
      }
    };
    const stopped = stopReading();
    const { p50, p99, rate } = await bestOf(
      () => acknowledged(readers, PER_SECOND, SECONDS),
      (figures) => figures.p99 <= 200,
    );
    await stopped;
    await servedSockets(CLIENTS - LAZY);
    const told = [...service.output.matchAll(/sockets (\d+) at (\d+)/g)].map(([, count, at]) => [
      Number(count),
      Number(at),
    ]);
    const closed = askedAt.map((asked, group) => {
      const gone = told.find(([count, at]) => at! > asked && count! <= CLIENTS - (group + 1) * GROUP)!;
      return gone[1]! - asked;
    });
    const closedMs = Math.max(...closed);
    clearInterval(watch);
    const growth = Math.max(...memory) - before;

    report('45 lazy clients', {
      clients: CLIENTS,
      lazy: LAZY,
      rate,
      p50,
      p99,
      closedMs,
      beforeMiB: before,
      growthMiB: growth,
    });
    expect(readers.every(({ readyState }) => readyState === WebSocket.OPEN)).toBe(true);
    expect(rate).toBeGreaterThan((PER_SECOND * 0.8) / crowd());
    expect(p99).toBeLessThanOrEqual(200 * crowd());
    expect(closedMs).toBeLessThan(10_000 * crowd());
    expect(growth).toBeLessThanOrEqual(64);
  }, 300_000);

  it(`46: kill -9 in mid-stream of ${TALKERS} talkers, who send again what was not acknowledged: each message is there once`, async () => {
    const port = await freePort();
    const start = async () => {
      service = startProcess('apps/api/src/main.ts', { env: { ...settings(), ROLE: 'api', API_PORT: String(port) } });
      await service.line(/Listening +http/, { timeoutMs: 60_000 });
    };
    await start();
    const talkers = Array.from({ length: TALKERS }, (_, n) => new Talker(`ws://127.0.0.1:${port}/ws/talker-${n}`));

    let kills = 0;
    const talking = Promise.all(talkers.map((talker) => talker.talk(SAYINGS)));
    for (const share of [0.2, 0.6]) {
      const reached = () => talkers.reduce((sum, { acked }) => sum + acked, 0) >= TALKERS * SAYINGS * share;
      await eventually(() => expect(reached()).toBe(true), { timeoutMs: 60_000 });
      await service.kill('SIGKILL');
      kills += 1;
      await start();
    }
    await talking;

    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ events: number; different: number }>(
      `select count(*)::int as events, count(distinct (source, payload ->> 'content'))::int as different
         from reflex.events where type = 'ws.message'`,
    );
    await client.end();
    const resent = talkers.reduce((sum, talker) => sum + talker.sent, 0) - TALKERS * SAYINGS;
    report('46 resent frames', { talkers: TALKERS, messages: TALKERS * SAYINGS, kills, resent, ...rows[0]! });
    expect(resent).toBeGreaterThan(0);
    expect(rows[0]).toEqual({ events: TALKERS * SAYINGS, different: TALKERS * SAYINGS });
  }, 240_000);
});

/** Says one thing after the other, some at once, and again what was not acknowledged when its connection ended. */
class Talker {
  sent = 0;
  acked = 0;
  private unacked: number[] = [];
  private next = 0;

  constructor(private readonly url: string) {}

  async talk(sayings: number): Promise<void> {
    while (this.acked < sayings) await this.session(sayings);
  }

  private session(sayings: number): Promise<void> {
    const socket = new WebSocket(this.url);
    const say = (n: number) => {
      this.sent += 1;
      socket.send(JSON.stringify({ id: `m-${n}`, content: `saying ${n}` }));
    };
    const goOn = () => {
      while (this.unacked.length < AT_ONCE && this.next < sayings) {
        this.unacked.push(this.next);
        say(this.next);
        this.next += 1;
      }
    };
    return new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.on('close', () => void delay(100).then(resolve));
      socket.on('open', () => {
        for (const n of this.unacked) say(n);
        goOn();
      });
      socket.on('message', (data: Buffer) => {
        if ((JSON.parse(data.toString()) as Frame).ack === undefined) return;
        this.unacked.shift();
        this.acked += 1;
        if (this.acked === sayings) socket.close();
        else goOn();
      });
    });
  }
}

function askForMuch(clients: WebSocket[]): void {
  for (const socket of clients) for (let n = 0; n < LONG_ANSWERS; n += 1) socket.send('{"content":"long"}');
}

/** Frames at an even pace over all clients; answers how long each waited for its acknowledgement. */
async function acknowledged(clients: WebSocket[], perSecond: number, seconds: number) {
  const took: number[] = [];
  let sent = 0;
  const listeners = clients.map((socket) => {
    const waiting: number[] = [];
    const hear = (data: Buffer) => {
      if ((JSON.parse(data.toString()) as Frame).ack !== undefined) took.push(performance.now() - waiting.shift()!);
    };
    socket.on('message', hear);
    return { socket, waiting, hear };
  });
  const began = performance.now();
  for (let now = began; now < began + seconds * 1_000; now = performance.now()) {
    for (const due = ((now - began) / 1_000) * perSecond; sent < due; sent += 1) {
      const { socket, waiting } = listeners[sent % listeners.length]!;
      waiting.push(performance.now());
      socket.send('{"content":"short"}');
    }
    await delay(5);
  }
  await eventually(() => expect(took.length).toBe(sent), { timeoutMs: 20_000 });
  for (const { socket, hear } of listeners) socket.off('message', hear);
  const sorted = took.toSorted((a, b) => a - b);
  const rate = (sent / (performance.now() - began)) * 1_000;
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), rate };
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1_024;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
