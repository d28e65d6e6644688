import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One action of an operator. */
@Entity({ schema: 'reflex', name: 'audit' })
@Check('audit_outcome_known', `outcome in ('started', 'done', 'failed')`)
@Index('audit_by_target', ['target', 'id'])
export class AuditEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_pkey',
  })
  id!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at!: Date;

  @Column('text')
  actor!: string;

  @Column('text')
  action!: string;

  @Column('text')
  target!: string;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'text', default: 'started' })
  outcome!: string;

  @Column({ type: 'jsonb', default: {} })
  details!: Record<string, unknown>;
}
