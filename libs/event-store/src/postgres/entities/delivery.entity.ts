import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Live work: one event for one trigger. */
@Entity({ schema: 'reflex', name: 'deliveries' })
@Check('deliveries_lease', `(status = 'processing') = (lease_token is not null)`)
@Check('deliveries_owner', `(status = 'processing') = (worker_id is not null)`)
@Check('deliveries_due', `(status in ('scheduled', 'aside')) = (run_at is not null)`)
@Check('deliveries_lane', `status <> 'waiting' or scope is not null`)
@Index('deliveries_leased', ['workerId'], { where: `status = 'processing'` })
@Index('deliveries_due_at', ['runAt'], { where: `status in ('scheduled', 'aside')` })
@Index('deliveries_aside', ['triggerId'], { where: `status = 'aside' and parked is null` })
// Those over expressions, which TypeORM cannot say, are the migration's.
@Index('deliveries_claimable', { synchronize: false })
@Index('deliveries_suspect', { synchronize: false })
@Index('deliveries_in_lane', { synchronize: false })
@Index('deliveries_active_in_lane', { synchronize: false })
@Index('deliveries_parked', { synchronize: false })
export class DeliveryEntity {
  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'deliveries_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'deliveries_pkey' })
  triggerId!: number;

  @Column({ name: 'event_at', type: 'timestamptz' })
  eventAt!: Date;

  @Column('text', { nullable: true })
  scope!: string | null;

  @Column('enum', {
    enum: ['waiting', 'pending', 'processing', 'scheduled', 'aside'],
    enumName: 'delivery_status',
  })
  status!: 'waiting' | 'pending' | 'processing' | 'scheduled' | 'aside';

  @Column({ name: 'run_at', type: 'timestamptz', nullable: true })
  runAt!: Date | null;

  @Column('smallint', { default: 0 })
  attempts!: number;

  @Column('smallint', { default: 0 })
  crashes!: number;

  @Column('text', { nullable: true })
  error!: string | null;

  @Column({ name: 'worker_id', type: 'bigint', nullable: true })
  workerId!: string | null;

  @Column({ name: 'lease_token', type: 'bigint', nullable: true })
  leaseToken!: string | null;

  /** A copy to use instead of the log: after an edit, or once the log's partition is dropped. */
  @Column('jsonb', { nullable: true })
  event!: Record<string, unknown> | null;

  /** Why it is parked: `reason`, `waits_for`, whether there is a `deadline`, and the `key` it is filed under. */
  @Column('jsonb', { nullable: true })
  parked!: Record<string, unknown> | null;

  /** The newest wake of each key that woke it. */
  @Column('jsonb', { nullable: true })
  woken!: Record<string, number> | null;
}

/** One row per (trigger, scope) with live deliveries. */
@Entity({ schema: 'reflex', name: 'lanes' })
@Check('lanes_live', 'live >= 0')
export class LaneEntity {
  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'lanes_pkey' })
  triggerId!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'lanes_pkey' })
  scope!: string;

  @Column('integer')
  live!: number;
}
