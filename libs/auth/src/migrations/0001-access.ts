import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may come in, and what operators did. */
export class Access1763600100001 implements MigrationInterface {
  name = 'Access1763600100001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema if not exists reflex;

      create table reflex.api_keys (
        id uuid not null default gen_random_uuid(),
        name text not null,
        prefix text not null,
        hash bytea not null,
        scopes text[] not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        constraint api_keys_pkey primary key (id),
        constraint api_keys_prefix unique (prefix),
        constraint api_keys_hash_is_sha256 check (octet_length(hash) = 32),
        constraint api_keys_name_is_short check (char_length(name) between 1 and 100),
        constraint api_keys_scopes_known check
          (cardinality(scopes) > 0 and scopes <@ array['events:write', 'events:read', 'dlq:write', 'admin'])
      );

      create table reflex.audit (
        id bigint generated always as identity,
        at timestamptz not null default now(),
        actor text not null,
        action text not null,
        target text not null,
        reason text,
        outcome text not null default 'started',
        details jsonb not null default '{}',
        constraint audit_pkey primary key (id),
        constraint audit_outcome_known check (outcome in ('started', 'done', 'failed'))
      );
      create index audit_by_target on reflex.audit (target, id);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table reflex.audit;
      drop table reflex.api_keys;`);
  }
}
