import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a busy client has left of its rate limit. */
@Entity({ schema: 'reflex', name: 'rate_buckets' })
export class RateBucketEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'rate_buckets_pkey' })
  client!: string;

  @Column('double precision')
  tokens!: number;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at!: Date;
}
