import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The decision context of a trigger for one scope. */
@Entity({ schema: 'reflex', name: 'contexts' })
@Index('contexts_due', ['wakeAt'], { where: 'wake_at is not null' })
export class ContextEntity {
  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'contexts_pkey' })
  triggerId!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'contexts_pkey' })
  scope!: string;

  @Column('jsonb')
  scratch!: Record<string, unknown>;

  @Column('jsonb')
  filters!: Record<string, unknown>;

  /** Accumulated since the last clear. */
  @Column('integer', { default: 0 })
  size!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'last_action_at', type: 'timestamptz', nullable: true })
  lastActionAt!: Date | null;

  @Column({ name: 'wake_at', type: 'timestamptz', nullable: true })
  wakeAt!: Date | null;

  @Column('integer', { default: 0 })
  ticks!: number;
}

/** An event that a context has accumulated: appending one does not rewrite the others. */
@Entity({ schema: 'reflex', name: 'context_events' })
export class ContextEventEntity {
  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'context_events_pkey' })
  triggerId!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'context_events_pkey' })
  scope!: string;

  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'context_events_pkey' })
  eventSeq!: string;

  @Column('jsonb')
  event!: Record<string, unknown>;
}
