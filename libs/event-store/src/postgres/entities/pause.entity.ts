import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who outside asked not to be called, and until when. */
@Entity({ schema: 'reflex', name: 'pauses' })
export class PauseEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pauses_pkey' })
  name!: string;

  @Column('timestamptz')
  until!: Date;
}
