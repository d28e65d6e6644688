import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a delivery waits for. */
@Entity({ schema: 'reflex', name: 'waits' })
@Index('waits_by_key', ['type', 'paths', 'key'])
@Index('waits_to_look', ['lookAt'], { where: 'look_at is not null' })
export class WaitEntity {
  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'waits_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'waits_pkey' })
  triggerId!: number;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'waits_pkey' })
  replay!: number;

  /** Names it within its delivery. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'waits_pkey' })
  name!: string;

  @Column('text')
  type!: string;

  /** The fields that `key` is made of. */
  @Column('text', { array: true })
  paths!: string[];

  @Column('text')
  key!: string;

  /** Fields that the event must have; without, it must have the same correlation. */
  @Column('jsonb', { nullable: true })
  match!: Record<string, unknown> | null;

  /** Ids of events that other waits of the delivery got. */
  @Column('text', { array: true })
  taken!: string[];

  @Column({ name: 'event_at', type: 'timestamptz' })
  eventAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  deadline!: Date | null;

  @Column({ name: 'registered_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  registeredAt!: Date;

  /** Publishers that began later know of the wait. */
  @Column({ name: 'seen_until', type: 'timestamptz', nullable: true })
  seenUntil!: Date | null;

  /** When a sweep looks in the log for events of publishers that do not. */
  @Column({ name: 'look_at', type: 'timestamptz', nullable: true })
  lookAt!: Date | null;
}

/** By which fields somebody has ever waited for a type. */
@Entity({ schema: 'reflex', name: 'wait_shapes' })
export class WaitShapeEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'wait_shapes_pkey' })
  type!: string;

  @PrimaryColumn({ type: 'text', array: true, primaryKeyConstraintName: 'wait_shapes_pkey' })
  paths!: string[];
}

/** An event that came for a wait. */
@Entity({ schema: 'reflex', name: 'wait_matches' })
export class WaitMatchEntity {
  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'wait_matches_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'wait_matches_pkey' })
  triggerId!: number;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'wait_matches_pkey' })
  replay!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'wait_matches_pkey' })
  name!: string;

  @PrimaryColumn({ name: 'match_seq', type: 'bigint', primaryKeyConstraintName: 'wait_matches_pkey' })
  matchSeq!: string;

  @Column('jsonb')
  event!: Record<string, unknown>;
}
