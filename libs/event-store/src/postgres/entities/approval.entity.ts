import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What people have to agree to. */
@Entity({ schema: 'reflex', name: 'approvals' })
@Check('approvals_people', 'people > 0')
@Check('approvals_status', `status in ('pending', 'approved', 'denied', 'expired', 'used')`)
@Check('approvals_used', `(status = 'used') = (used_at is not null)`)
@Index('approvals_by_delivery', ['eventSeq', 'triggerId', 'replay', 'key'])
@Index('approvals_pending', ['id'], { where: `status = 'pending'` })
@Index('approvals_by_age', ['requestedAt'])
export class ApprovalEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'approvals_pkey',
  })
  id!: string;

  @Column({ name: 'event_seq', type: 'bigint' })
  eventSeq!: string;

  @Column({ name: 'trigger_id', type: 'integer' })
  triggerId!: number;

  @Column('integer')
  replay!: number;

  /** Of the effect. */
  @Column('text')
  key!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column('text')
  agent!: string;

  @Column('text')
  tool!: string;

  @Column({ name: 'args_hash', type: 'text' })
  argsHash!: string;

  @Column('json')
  input!: unknown;

  /** How many have to agree. */
  @Column('smallint')
  people!: number;

  /** Who asked, if it was nobody's agent in a run. */
  @Column({ name: 'requested_by', type: 'text', nullable: true })
  requestedBy!: string | null;

  /** Whoever asked may agree as well. */
  @Column({ name: 'own_word', type: 'boolean', default: false })
  ownWord!: boolean;

  @Column('text', { default: 'pending' })
  status!: string;

  @Column('jsonb', { default: [] })
  decisions!: unknown[];

  @Column({ name: 'requested_at', type: 'timestamptz', default: () => 'now()' })
  requestedAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt!: Date | null;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt!: Date | null;
}
