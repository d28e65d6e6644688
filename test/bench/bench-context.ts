import { Client } from 'pg';
import type { BenchOptions } from './options';
import { ServerProcess } from './ingest/server-process';
import type { ServerName } from './ingest/servers';
import { SideProcess } from './side-process';
import type { SideName } from './sides';
import type { SideSetup } from './sides/side';

/** What is closed at the end of the row at the latest; killed when that fails. */
interface Owned {
  close(): Promise<void>;
  kill?(): void;
}

interface SharedDatabase {
  databaseUrl?: string;
}

/** What a row may use: contenders on fresh databases, and the options of this run. */
export class BenchContext {
  private readonly open = new Set<Owned>();
  private databases = 0;

  constructor(
    readonly options: BenchOptions,
    private readonly admin: Client,
    private readonly postgresUrl: string,
    private readonly redisUrl: string | null,
  ) {}

  get hasRedis(): boolean {
    return this.redisUrl !== null;
  }

  /** A duration or an amount, less with --quick. */
  scaled(amount: number): number {
    return amount * this.options.scale;
  }

  /** Starts a contender in a process of its own, on a database of its own unless it is to share one. */
  async side(
    name: SideName,
    setup: Omit<SideSetup, 'databaseUrl' | 'redisUrl'> & SharedDatabase,
  ): Promise<SideProcess> {
    const databaseUrl = setup.databaseUrl ?? (await this.freshDatabase());
    const side = await SideProcess.open(name, { ...setup, databaseUrl, redisUrl: this.redisUrl }, this.nodeArgs(name));
    return this.own(side);
  }

  /** Starts a server in a process of its own, on a database of its own. */
  async server(name: ServerName): Promise<ServerProcess> {
    const server = await ServerProcess.open(name, await this.freshDatabase(), this.nodeArgs(name));
    return this.own(server);
  }

  /** Closes it with the row, if nobody did before. */
  own<T extends Owned>(opened: T): T {
    this.open.add(opened);
    return opened;
  }

  /** An empty database, gone when the bench ends. */
  async freshDatabase(): Promise<string> {
    this.databases += 1;
    const name = `bench_${this.databases}`;
    await this.admin.query(`create database ${name}`);
    const url = new URL(this.postgresUrl);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** Writes out what the round before left, so that the next does not pay for it. */
  async settleDisk(): Promise<void> {
    await this.admin.query('checkpoint');
  }

  /** Ends the contenders of a row. */
  async closeSides(): Promise<void> {
    const sides = [...this.open];
    this.open.clear();
    await Promise.all(sides.map((side) => side.close().catch(() => side.kill?.())));
  }

  private nodeArgs(name: string): string[] {
    const { profile } = this.options;
    return name.startsWith('reflex') && profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  }

  log(line: string): void {
    console.error(line);
  }
}
