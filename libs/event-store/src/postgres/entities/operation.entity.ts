import { Check, Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** Work of an operator that takes a while. */
@Entity({ schema: 'reflex', name: 'operations' })
@Check('operations_status', `status in ('running', 'done', 'stopped')`)
@Check('operations_ended', `(status = 'running') = (ended_at is null)`)
@Index('operations_running', ['nextAt'], { where: `status = 'running'` })
@Index('operations_by_age', ['createdAt', 'id'])
export class OperationEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'operations_pkey' })
  id!: string;

  @Column('text')
  kind!: string;

  @Column('text', { default: 'running' })
  status!: string;

  @Column('text')
  actor!: string;

  @Column('jsonb')
  request!: Record<string, unknown>;

  @Column('integer')
  total!: number;

  @Column('integer', { default: 0 })
  done!: number;

  /** Deliveries that were live already. */
  @Column('integer', { default: 0 })
  skipped!: number;

  /** How far a replay has come in the log. */
  @Column('jsonb', { nullable: true })
  place!: Record<string, unknown> | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  /** When the next step is due. */
  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;
}

/** A delivery that an operation gave back, and how it ended. */
@Entity({ schema: 'reflex', name: 'operation_items' })
@Check('operation_items_state', `state in ('live', 'ended', 'dead')`)
@Index('operation_items_open', ['operationId'], { where: `state <> 'ended'` })
export class OperationItemEntity {
  @PrimaryColumn({ name: 'operation_id', type: 'uuid', primaryKeyConstraintName: 'operation_items_pkey' })
  operationId!: string;

  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'operation_items_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'operation_items_pkey' })
  triggerId!: number;

  @Column('text', { default: 'live' })
  state!: string;
}
