import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Socket } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EmbeddedPostgresFailed, EmbeddedPostgresInUse } from './errors';
import { type ServerUser } from './server-user';

/** How long a start waits for a lock whose holder says that it is running: its service may have died this instant. */
const GRACE_MS = 2_000;
/** How long for one that is shutting Postgres down. */
const STOPPING_MS = 30_000;

export type StopMode = 'fast' | 'immediate';

export interface ServerStart extends Partial<ServerUser> {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string | undefined>;
  logFile: string;
}

type Message =
  | { event: 'locked'; pid: number }
  | { event: 'taken'; owner: string }
  | { event: 'started'; pid: number }
  | { event: 'exited'; code: number | null; signal: string | null };

/** The service's end of the socket to its supervisor; see supervisor.mjs. */
export class SupervisorLink {
  /** Called when Postgres ends without having been told to. */
  onUnexpectedExit: () => void = () => undefined;
  readonly closed: Promise<void>;
  supervisorPid = 0;
  serverPid = 0;
  private running = false;
  private isClosed = false;
  private stopping = false;
  private awaiting: { event: Message['event']; resolve: (message?: Message) => void }[] = [];

  private constructor(private readonly socket: Socket) {
    this.closed = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => this.onClose());
    socket.on('error', () => undefined);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.receive(JSON.parse(line) as Message));
    // A reset is followed by `close`, which is where we act.
    lines.on('error', () => undefined);
  }

  /**
   * Starts a supervisor and takes the lock of the data folder, which is held until `close()` or our death.
   * A temporary folder is removed then.
   */
  static async open(folder: string, options: { temporary: boolean }): Promise<SupervisorLink> {
    const child = launch();
    const link = new SupervisorLink(child.stdio[3] as Socket);
    const lock = {
      do: 'lock',
      address: lockAddress(folder),
      owner: process.pid,
      temporary: options.temporary ? folder : undefined,
    };
    const answer = link.next('locked', 'taken');
    link.send({ ...lock, graceMs: GRACE_MS, stoppingMs: STOPPING_MS });
    const message = await answer;
    if (message?.event === 'locked') {
      link.supervisorPid = message.pid;
      return link;
    }
    await link.close();
    if (message?.event === 'taken') throw new EmbeddedPostgresInUse(folder, message.owner);
    throw new EmbeddedPostgresFailed('lost its supervisor before it started', '');
  }

  /** Whether Postgres runs and the supervisor is there to end it. */
  get isRunning(): boolean {
    return this.running && !this.isClosed;
  }

  get isLost(): boolean {
    return this.isClosed;
  }

  async start(command: ServerStart): Promise<number> {
    const started = this.next('started');
    this.send({ do: 'start', ...command });
    const message = await started;
    if (message?.event !== 'started') throw new EmbeddedPostgresFailed('lost its supervisor', '');
    return message.pid;
  }

  async stop(mode: StopMode): Promise<void> {
    if (this.isClosed) return;
    this.stopping = true;
    const exited = this.next('exited');
    this.send({ do: 'stop', mode });
    await exited;
    this.stopping = false;
  }

  /** Lets the supervisor go, and with it the lock. */
  async close(): Promise<void> {
    this.socket.end();
    await this.closed;
  }

  /** Whether waiting for the supervisor keeps our process alive. */
  keepsAlive(keeps: boolean): void {
    if (keeps) this.socket.ref();
    else this.socket.unref();
  }

  private send(command: object): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(command)}\n`);
  }

  private next(...events: Message['event'][]): Promise<Message | undefined> {
    if (this.isClosed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      for (const event of events) this.awaiting.push({ event, resolve });
    });
  }

  private receive(message: Message): void {
    if (message.event === 'started') [this.running, this.serverPid] = [true, message.pid];
    if (message.event === 'exited') this.running = false;
    const waiting = this.awaiting.filter(({ event }) => event === message.event);
    this.awaiting = this.awaiting.filter(({ event }) => event !== message.event);
    for (const { resolve } of waiting) resolve(message);
    if (message.event === 'exited' && waiting.length === 0 && !this.stopping) this.onUnexpectedExit();
  }

  private onClose(): void {
    this.isClosed = true;
    for (const { resolve } of this.awaiting.splice(0)) resolve(undefined);
  }
}

// Without our execArgv and NODE_OPTIONS: the supervisor needs no loader of ours and must start fast.
function launch(): ChildProcess {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--max-old-space-size=32', supervisorFile(), 'launch'], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  child.unref();
  return child;
}

// In the source tree beside this file; in a build below the bundle, at the place it has in the project (nest-cli.json,
// `assets`).
function supervisorFile(): string {
  const beside = join(__dirname, 'supervisor.mjs');
  const bundled = join(__dirname, 'libs/event-store/src/postgres/embedded/supervisor.mjs');
  return existsSync(beside) ? beside : bundled;
}

function lockAddress(folder: string): string {
  const name = `reflex-postgres-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  if (platform() === 'linux') return `\0${name}`;
  return platform() === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}
