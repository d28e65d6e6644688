import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A delivery that gave up, with all that is needed to understand and to repeat it. */
@Entity({ schema: 'reflex', name: 'dead_letters' })
@Check(
  'dead_letters_reason',
  `reason in ('attempts_exhausted', 'permanent', 'poison', 'undecodable', 'trigger_removed')`,
)
@Index('dead_letters_by_event', ['eventId'])
@Index('dead_letters_by_age', ['createdAt', 'id'])
@Index('dead_letters_by_cluster', ['cluster', 'createdAt', 'id'])
@Index('dead_letters_by_delivery', ['eventSeq', 'triggerId'])
export class DeadLetterEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'dead_letters_pkey' })
  id!: string;

  @Column({ name: 'trigger_id', type: 'integer' })
  triggerId!: number;

  @Column('text', { nullable: true })
  scope!: string | null;

  @Column('text')
  reason!: string;

  @Column('jsonb')
  error!: { code: string; message: string };

  @Column('smallint')
  attempts!: number;

  @Column('jsonb')
  history!: unknown[];

  @Column({ name: 'event_seq', type: 'bigint' })
  eventSeq!: string;

  @Column({ name: 'event_at', type: 'timestamptz' })
  eventAt!: Date;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column('jsonb')
  event!: Record<string, unknown>;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** The error without what differs from one occurrence to the next. */
  @Column('text')
  shape!: string;

  /** A hash of trigger and shape. */
  @Column('text')
  cluster!: string;
}
