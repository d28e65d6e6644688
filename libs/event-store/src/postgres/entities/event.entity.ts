import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The immutable log, partitioned by day. */
@Entity({ schema: 'reflex', name: 'events' })
@Index('events_by_id', ['id'])
@Index('events_by_type', ['type', 'receivedAt', 'seq'])
@Index('events_by_source', ['source', 'receivedAt', 'seq'])
@Index('events_by_correlation', ['correlationId'], { where: 'depth > 0' })
export class EventEntity {
  @PrimaryColumn({
    name: 'received_at',
    type: 'timestamptz',
    default: () => 'now()',
    primaryKeyConstraintName: 'events_pkey',
  })
  receivedAt!: Date;

  @PrimaryColumn({
    type: 'bigint',
    default: () => "nextval('reflex.event_seq')",
    primaryKeyConstraintName: 'events_pkey',
  })
  seq!: string;

  @Column('text')
  id!: string;

  @Column('text')
  type!: string;

  @Column('text')
  source!: string;

  @Column('timestamptz')
  timestamp!: Date;

  @Column({ name: 'trace_id', type: 'text' })
  traceId!: string;

  @Column({ name: 'correlation_id', type: 'text' })
  correlationId!: string;

  @Column({ name: 'causation_id', type: 'text', nullable: true })
  causationId!: string | null;

  @Column({ type: 'smallint', default: 0 })
  depth!: number;

  @Column('jsonb')
  payload!: Record<string, unknown>;
}

/** Idempotency: which event a key or a chosen id stands for. */
@Entity({ schema: 'reflex', name: 'event_keys' })
@Index('event_keys_by_age', ['createdAt'])
export class EventKeyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'event_keys_pkey' })
  key!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ name: 'body_hash', type: 'text' })
  bodyHash!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
