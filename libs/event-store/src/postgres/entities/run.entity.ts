import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The history of attempts, partitioned by day. */
@Entity({ schema: 'reflex', name: 'runs' })
@Index('runs_by_event', ['eventSeq'])
@Index('runs_by_trigger', ['triggerId', 'id'])
export class RunEntity {
  @PrimaryColumn({
    type: 'bigint',
    default: () => "nextval('reflex.run_id')",
    primaryKeyConstraintName: 'runs_pkey',
  })
  id!: string;

  @PrimaryColumn({
    name: 'settled_at',
    type: 'timestamptz',
    default: () => 'now()',
    primaryKeyConstraintName: 'runs_pkey',
  })
  settledAt!: Date;

  @Column({ name: 'event_seq', type: 'bigint' })
  eventSeq!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ name: 'trigger_id', type: 'integer' })
  triggerId!: number;

  @Column('text', { nullable: true })
  scope!: string | null;

  @Column('smallint')
  attempt!: number;

  @Column('enum', {
    enum: ['completed', 'filtered', 'accumulated', 'failed', 'dead_letter', 'deferred', 'parked'],
    enumName: 'run_outcome',
  })
  outcome!: string;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'duration_ms', type: 'real' })
  durationMs!: number;

  @Column({ name: 'trace_id', type: 'text', nullable: true })
  traceId!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('jsonb', { nullable: true })
  error!: Record<string, unknown> | null;

  @Column('jsonb', { nullable: true })
  result!: unknown;

  @Column('jsonb', { nullable: true })
  usage!: Record<string, unknown> | null;
}
