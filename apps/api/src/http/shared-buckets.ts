import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { RateLimit } from './rate-limit';

const SYNC_EVERY_MS = 1_000;
const FORGET_EVERY_MS = 60_000;

// In the order of names, or two processes wait for each other's rows in a circle.
const TAKE = `
  insert into reflex.rate_buckets as b (client, tokens, at)
  select u.client, $3::float8 - u.taken, now()
    from unnest($1::text[], $2::float8[]) as u (client, taken)
   order by u.client
  on conflict (client) do update
     set tokens = least($3, b.tokens + extract(epoch from now() - b.at) * 1000 * $4::float8) - ($3 - excluded.tokens),
         at = now()
  returning b.client, b.tokens`;

// Whoever was quiet for a window has a full bucket again, which says nothing.
const FORGET = `
  delete from reflex.rate_buckets
   where at < now() - $1 * interval '1 millisecond'`;

/**
 * Lets the processes of a service share their rate limit. Each decides by itself, at once; once a second it tells the
 * database what its busy clients took and learns what they have left everywhere. So a client may take, for about a second,
 * from each process what it could take from one. Clients that use little are never written down.
 */
export class SharedBuckets {
  private readonly logger = new Logger('RateLimit');
  private readonly timer: NodeJS.Timeout;
  private syncing: Promise<void> = Promise.resolve();
  private forgottenAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly limit: RateLimit,
  ) {
    this.timer = setInterval(() => {
      this.syncing = this.syncing.then(() => this.sync());
    }, SYNC_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing;
  }

  private async sync(): Promise<void> {
    const taken = this.limit.takeReports();
    if (taken.size === 0) return;
    const { requests, windowMs } = this.limit;
    const clients = [...taken.keys()];
    try {
      const rows = await this.dataSource.query<{ client: string; tokens: number }[]>(TAKE, [
        clients,
        [...taken.values()],
        requests,
        requests / windowMs,
      ]);
      for (const { client, tokens } of rows) this.limit.lower(client, tokens, performance.now());
      await this.forget(windowMs);
    } catch (error) {
      // Each process goes on with the limit of its own.
      this.logger.debug(`The rate limit could not be shared: ${String(error)}`);
    }
  }

  private async forget(windowMs: number): Promise<void> {
    const now = performance.now();
    if (now - this.forgottenAt < FORGET_EVERY_MS) return;
    this.forgottenAt = now;
    await this.dataSource.query(FORGET, [windowMs]);
  }
}
