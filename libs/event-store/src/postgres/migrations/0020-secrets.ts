import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets of tools that people store. The keys that open them are not in the database. */
export class Secrets1763600000020 implements MigrationInterface {
  name = 'Secrets1763600000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table reflex.secrets (
        name text not null,
        key_id text not null,
        wrapped_key bytea not null,
        sealed bytea not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        updated_by text not null,
        constraint secrets_pkey primary key (name),
        constraint secrets_name check (name ~ '^[A-Z][A-Z0-9_]{0,63}$')
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reflex.secrets');
  }
}
