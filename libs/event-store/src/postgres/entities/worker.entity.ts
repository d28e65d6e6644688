import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One row per live process that works on deliveries. */
@Entity({ schema: 'reflex', name: 'workers' })
export class WorkerEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'workers_pkey',
  })
  id!: string;

  @Column('text')
  app!: string;

  @Column('text')
  host!: string;

  @Column('integer')
  pid!: number;

  @Column({ name: 'trigger_ids', type: 'integer', array: true })
  triggerIds!: number[];

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;

  @Column({ name: 'beat_at', type: 'timestamptz', default: () => 'now()' })
  beatAt!: Date;
}
