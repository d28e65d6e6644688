import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** What an agent remembers of a scope in short. */
@Entity({ schema: 'reflex', name: 'conversations' })
export class ConversationEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'conversations_pkey' })
  agent!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'conversations_pkey' })
  scope!: string;

  @Column('text')
  summary!: string;

  /** The last message that is in the summary. */
  @Column({ name: 'summarized_to', type: 'bigint' })
  summarizedTo!: string;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}

/** What was said to an agent, and what it answered. */
@Entity({ schema: 'reflex', name: 'conversation_messages' })
@Unique('conversation_messages_place', ['agent', 'scope', 'run', 'place'])
@Check('conversation_messages_role', `role in ('user', 'assistant')`)
@Index('conversation_messages_in_order', ['agent', 'scope', 'id'])
@Index('conversation_messages_by_scope', ['scope'])
export class ConversationMessageEntity {
  @PrimaryColumn({
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'conversation_messages_pkey',
  })
  id!: string;

  @Column('text')
  agent!: string;

  @Column('text')
  scope!: string;

  @Column('text')
  run!: string;

  @Column('integer')
  place!: number;

  @Column('text')
  role!: string;

  @Column('text')
  content!: string;

  @Column('integer')
  tokens!: number;

  @Column({ name: 'said_at', type: 'timestamptz', default: () => 'now()' })
  saidAt!: Date;
}
