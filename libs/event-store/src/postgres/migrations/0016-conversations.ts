import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents remember of what was said: `libs/agents` reads and writes it. */
export class Conversations1763600000016 implements MigrationInterface {
  name = 'Conversations1763600000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- summary: of the messages up to summarized_to.
      create table reflex.conversations (
        agent text not null,
        scope text not null,
        summary text not null,
        summarized_to bigint not null,
        updated_at timestamptz not null default now(),
        constraint conversations_pkey primary key (agent, scope)
      );

      -- run and place: the same for each attempt of a run, so that it is kept once.
      create table reflex.conversation_messages (
        id bigint generated always as identity,
        agent text not null,
        scope text not null,
        run text not null,
        place integer not null,
        role text not null,
        content text not null,
        tokens integer not null,
        said_at timestamptz not null default now(),
        constraint conversation_messages_pkey primary key (id),
        constraint conversation_messages_place unique (agent, scope, run, place),
        constraint conversation_messages_role check (role in ('user', 'assistant'))
      );
      create index conversation_messages_in_order on reflex.conversation_messages (agent, scope, id);
      create index conversation_messages_by_scope on reflex.conversation_messages (scope);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reflex.conversation_messages, reflex.conversations');
  }
}
