import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys that may approve what agents want to do. */
export class ApprovalsScope1763600100003 implements MigrationInterface {
  name = 'ApprovalsScope1763600100003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table reflex.api_keys
        drop constraint api_keys_scopes_known,
        add constraint api_keys_scopes_known check (
          cardinality(scopes) > 0
          and scopes <@ array['events:write', 'events:read', 'dlq:write', 'approvals:write', 'admin'])`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from reflex.api_keys where 'approvals:write' = any (scopes)`);
    await runner.query(`
      alter table reflex.api_keys
        drop constraint api_keys_scopes_known,
        add constraint api_keys_scopes_known check (
          cardinality(scopes) > 0 and scopes <@ array['events:write', 'events:read', 'dlq:write', 'admin'])`);
  }
}
