import type { RunFrame } from '@reflex/core';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** An attempt that tells what it does while it does it. */
@Entity({ schema: 'reflex', name: 'run_streams' })
@Unique('run_streams_attempt', ['eventSeq', 'triggerId', 'leaseToken'])
@Index('run_streams_by_event', ['eventId'])
@Index('run_streams_by_age', ['startedAt'])
export class RunStreamEntity {
  @PrimaryColumn({
    name: 'run_id',
    type: 'bigint',
    default: () => "nextval('reflex.run_id')",
    primaryKeyConstraintName: 'run_streams_pkey',
  })
  runId!: string;

  @Column({ name: 'event_seq', type: 'bigint' })
  eventSeq!: string;

  @Column({ name: 'trigger_id', type: 'integer' })
  triggerId!: number;

  @Column({ name: 'lease_token', type: 'bigint' })
  leaseToken!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column('smallint')
  attempt!: number;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;
}

/** A piece of what it tells. */
@Entity({ schema: 'reflex', name: 'run_frames' })
export class RunFrameEntity {
  @PrimaryColumn({ name: 'run_id', type: 'bigint', primaryKeyConstraintName: 'run_frames_pkey' })
  runId!: string;

  /** From 1, in the order it was told. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'run_frames_pkey' })
  seq!: number;

  @Column('jsonb')
  frame!: RunFrame;
}
