import { Client } from 'pg';
import type { BenchOptions } from './options';
import { HttpServerProcess } from './http/server-process';
import type { HttpServerName } from './http/servers';
import { SideProcess } from './side-process';
import type { SideName } from './sides';
import type { SideSetup } from './sides/side';

/** What a row may use: contenders on fresh databases, and the options of this run. */
export class BenchContext {
  private readonly open = new Set<SideProcess | HttpServerProcess>();
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

  /** Starts a contender in a process of its own, on a database of its own. */
  async side(name: SideName, setup: Omit<SideSetup, 'databaseUrl' | 'redisUrl'>): Promise<SideProcess> {
    const databaseUrl = await this.freshDatabase();
    const side = await SideProcess.open(name, { ...setup, databaseUrl, redisUrl: this.redisUrl }, this.nodeArgs(name));
    this.open.add(side);
    return side;
  }

  /** Starts a server in a process of its own, on a database of its own. */
  async httpServer(name: HttpServerName): Promise<HttpServerProcess> {
    const server = await HttpServerProcess.open(name, await this.freshDatabase(), this.nodeArgs(name));
    this.open.add(server);
    return server;
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
    await Promise.all(sides.map((side) => side.close().catch(() => side.kill())));
  }

  private nodeArgs(name: string): string[] {
    const { profile } = this.options;
    return name === 'reflex' && profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  }

  log(line: string): void {
    console.error(line);
  }
}
