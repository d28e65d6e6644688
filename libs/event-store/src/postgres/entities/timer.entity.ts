import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** When `timer.tick` events are made. */
@Entity({ schema: 'reflex', name: 'timers' })
@Check('timers_rhythm', '(cron is null) <> (every_ms is null)')
@Check('timers_missed', `missed in ('skip', 'once', 'catchUp')`)
@Check('timers_origin', `origin in ('code', 'rest')`)
@Index('timers_due', ['nextAt'], { where: 'not paused and next_at is not null' })
export class TimerEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'timers_pkey' })
  name!: string;

  @Column('text', { nullable: true })
  cron!: string | null;

  @Column({ name: 'every_ms', type: 'bigint', nullable: true })
  everyMs!: string | null;

  /** In which a cron expression is read. */
  @Column('text')
  tz!: string;

  @Column('text')
  missed!: 'skip' | 'once' | 'catchUp';

  /** A timer from code ticks while the trigger of its name is active. */
  @Column('text')
  origin!: 'code' | 'rest';

  /** The next scheduled time that has not been dealt with; null when there is none any more. */
  @Column({ name: 'next_at', type: 'timestamptz', nullable: true })
  nextAt!: Date | null;

  /** The scheduled time of the newest tick. */
  @Column({ name: 'last_at', type: 'timestamptz', nullable: true })
  lastAt!: Date | null;

  @Column({ name: 'tick_count', type: 'bigint', default: 0 })
  tickCount!: string;

  @Column('boolean', { default: false })
  paused!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** When a process last had it in its code. */
  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt!: Date;
}
