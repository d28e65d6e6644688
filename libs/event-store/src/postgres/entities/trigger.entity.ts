import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

@Entity({ schema: 'reflex', name: 'triggers' })
@Unique('triggers_name_key', ['name'])
@Check('triggers_on_retry', `on_retry in ('block', 'pass')`)
@Check('triggers_throttle', `(throttle_limit is null) = (throttle_window_ms is null)`)
@Check('triggers_max_waiting', `max_waiting > 0`)
export class TriggerEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'triggers_pkey',
  })
  id!: number;

  /** The app whose workers serve it; null for a subscription, which may rest as long as it likes. */
  @Column('text', { nullable: true })
  app!: string | null;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  types!: string[];

  @Column('text', { array: true })
  patterns!: string[];

  @Column('text', { array: true, nullable: true })
  scope!: string[] | null;

  /** Events whose payload does not contain it are not delivered. */
  @Column('jsonb', { nullable: true })
  match!: Record<string, unknown> | null;

  @Column('boolean')
  stateful!: boolean;

  @Column({ name: 'on_retry', type: 'text' })
  onRetry!: 'block' | 'pass';

  @Column('integer')
  priority!: number;

  @Column('integer', { nullable: true })
  concurrency!: number | null;

  @Column({ name: 'throttle_limit', type: 'integer', nullable: true })
  throttleLimit!: number | null;

  @Column({ name: 'throttle_window_ms', type: 'integer', nullable: true })
  throttleWindowMs!: number | null;

  @Column({ name: 'throttle_started_at', type: 'timestamptz', nullable: true })
  throttleStartedAt!: Date | null;

  @Column({ name: 'throttle_used', type: 'integer', default: 0 })
  throttleUsed!: number;

  /** Most deliveries that may wait before clients are refused. */
  @Column({ name: 'max_waiting', type: 'integer', nullable: true })
  maxWaiting!: number | null;

  @Column('boolean', { default: false })
  paused!: boolean;

  @Column('boolean', { default: true })
  active!: boolean;

  /** When a live worker last had it in its code. */
  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt!: Date;
}
