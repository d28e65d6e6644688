import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A call to wake what is parked, by what it waits for or by name. */
@Entity({ schema: 'reflex', name: 'wakes' })
@Check(
  'wakes_whom',
  `(key is null) = (event_seq is not null) and (event_seq is null) = (trigger_id is null) and key <> ''`,
)
@Index('wakes_unlooked', ['version'], { where: 'not looked' })
@Index('wakes_by_key', ['key', 'version'], { where: 'key is not null' })
@Index('wakes_by_delivery', ['eventSeq', 'triggerId'], { where: 'event_seq is not null' })
@Index('wakes_by_age', ['wokenAt'])
export class WakeEntity {
  @PrimaryColumn({
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'wakes_pkey',
  })
  version!: string;

  @Column('text', { nullable: true })
  key!: string | null;

  @Column({ name: 'event_seq', type: 'bigint', nullable: true })
  eventSeq!: string | null;

  @Column({ name: 'trigger_id', type: 'integer', nullable: true })
  triggerId!: number | null;

  /** A sweep has brought it together with what was parked by then. */
  @Column('boolean', { default: false })
  looked!: boolean;

  @Column({ name: 'woken_at', type: 'timestamptz', default: () => 'now()' })
  wokenAt!: Date;
}
