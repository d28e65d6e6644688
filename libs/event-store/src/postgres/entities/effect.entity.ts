import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** What a delivery did outside of the database. */
@Entity({ schema: 'reflex', name: 'effects' })
@Check('effects_kind', `kind in ('tool', 'model', 'step', 'wait')`)
@Check('effects_effect', `effect in ('none', 'keyed', 'unkeyed')`)
@Check('effects_status', `status in ('started', 'done', 'failed', 'unknown')`)
@Check('effects_ended', `(status = 'started') = (ended_at is null)`)
@Unique('effects_id_key', ['id'])
@Index('effects_unknown', ['id'], { where: `status = 'unknown'` })
@Index('effects_by_trigger', ['triggerId', 'id'])
@Index('effects_by_age', ['startedAt'])
export class EffectEntity {
  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'effects_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'effects_pkey' })
  triggerId!: number;

  /** 0, or the number of the execute-replay that it belongs to. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'effects_pkey' })
  replay!: number;

  /** Names it within its delivery. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'effects_pkey' })
  key!: string;

  @Column({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column('text')
  kind!: string;

  @Column('text')
  name!: string;

  @Column('text')
  effect!: string;

  @Column({ name: 'args_hash', type: 'text', nullable: true })
  argsHash!: string | null;

  @Column('json', { nullable: true })
  input!: unknown;

  @Column('text')
  status!: string;

  @Column('json', { nullable: true })
  result!: unknown;

  @Column('jsonb', { nullable: true })
  error!: { code: string; message: string } | null;

  /** The attempt that began it last. */
  @Column('smallint')
  attempt!: number;

  /** How often it was begun. */
  @Column('smallint', { default: 1 })
  tries!: number;

  @Column('text', { nullable: true })
  model!: string | null;

  @Column({ name: 'input_tokens', type: 'integer', nullable: true })
  inputTokens!: number | null;

  @Column({ name: 'output_tokens', type: 'integer', nullable: true })
  outputTokens!: number | null;

  /** US dollars. */
  @Column('numeric', { nullable: true })
  usd!: string | null;

  /** What a person said about an unknown one. */
  @Column('jsonb', { nullable: true })
  resolution!: { outcome: string; by: string; why: string } | null;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;
}

/** How often a delivery was executed again by a replay. */
@Entity({ schema: 'reflex', name: 'replays' })
@Index('replays_by_age', ['replayedAt'])
export class ReplayEntity {
  @PrimaryColumn({ name: 'event_seq', type: 'bigint', primaryKeyConstraintName: 'replays_pkey' })
  eventSeq!: string;

  @PrimaryColumn({ name: 'trigger_id', type: 'integer', primaryKeyConstraintName: 'replays_pkey' })
  triggerId!: number;

  @Column('integer', { default: 1 })
  number!: number;

  @Column({ name: 'replayed_at', type: 'timestamptz', default: () => 'now()' })
  replayedAt!: Date;
}
