import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What busy clients have left of their rate limit, over all processes. Losing it in a crash harms nobody: unlogged. */
export class RateBuckets1763600100002 implements MigrationInterface {
  name = 'RateBuckets1763600100002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create unlogged table reflex.rate_buckets (
        client text not null,
        tokens double precision not null,
        at timestamptz not null default now(),
        constraint rate_buckets_pkey primary key (client)
      );`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reflex.rate_buckets');
  }
}
