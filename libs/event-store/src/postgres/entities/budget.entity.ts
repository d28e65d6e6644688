import { Check, Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A limit of a day or a run, and what of it is used. */
@Entity({ schema: 'reflex', name: 'budgets' })
@Check('budgets_level', `level in ('run', 'day', 'trigger', 'scope')`)
@Check('budgets_unit', `unit in ('usd', 'tokens', 'seconds', 'tool_calls')`)
@Check('budgets_amounts', 'allowed >= 0 and raised >= 0 and spent >= 0 and reserved >= 0')
@Index('budgets_by_day', ['day', 'level', 'agent', 'key', 'unit'], { unique: true })
@Index('budgets_by_key', ['key', 'agent', 'unit'], { where: `level = 'run'` })
@Index('budgets_exhausted', ['id'], { where: 'exhausted_at is not null' })
@Index('budgets_by_age', ['updatedAt'])
export class BudgetEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'budgets_pkey',
  })
  id!: string;

  @Column('text')
  level!: string;

  /** Empty for all agents together. */
  @Column('text')
  agent!: string;

  @Column('text')
  key!: string;

  @Column('text')
  unit!: string;

  @Column('date')
  day!: string;

  @Column('numeric')
  allowed!: string;

  @Column('numeric', { default: 0 })
  raised!: string;

  @Column('numeric', { default: 0 })
  spent!: string;

  @Column('numeric', { default: 0 })
  reserved!: string;

  @Column({ name: 'exhausted_at', type: 'timestamptz', nullable: true })
  exhaustedAt!: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}

/** What a call that is under way may use. */
@Entity({ schema: 'reflex', name: 'budget_reservations' })
@Index('budget_reservations_by_age', ['budgetId', 'expiresAt'])
export class BudgetReservationEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'budget_reservations_pkey' })
  call!: string;

  @PrimaryColumn({ name: 'budget_id', type: 'bigint', primaryKeyConstraintName: 'budget_reservations_pkey' })
  budgetId!: string;

  @Column('numeric')
  most!: string;

  @Column('numeric')
  least!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
