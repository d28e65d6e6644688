import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counting what one event has caused, so that no number of workers at once lets through more than the cap. */
export class FollowUps1763600000012 implements MigrationInterface {
  name = 'FollowUps1763600000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Whoever has counted may add until its transaction ends; the others of the same correlation wait, and then see
      -- what it added: the count is a statement of its own, with a snapshot taken under the lock.
      create function reflex.count_follow_ups(correlation text, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        counted integer;
      begin
        perform pg_advisory_xact_lock(hashtextextended('reflex.follow_ups:' || correlation, 0));
        select count(*) into counted
          from (select from reflex.events e where e.correlation_id = correlation and e.depth > 0 limit most) follow_ups;
        return counted;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function reflex.count_follow_ups(text, integer)`);
  }
}
