import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A key without its secret, which nobody can get back. */
@Entity({ schema: 'reflex', name: 'api_keys' })
@Unique('api_keys_prefix', ['prefix'])
@Check('api_keys_hash_is_sha256', 'octet_length(hash) = 32')
@Check('api_keys_name_is_short', 'char_length(name) between 1 and 100')
@Check(
  'api_keys_scopes_known',
  `cardinality(scopes) > 0 and scopes <@ array['events:write', 'events:read', 'dlq:write', 'approvals:write', 'admin']`,
)
export class ApiKeyEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  prefix!: string;

  @Column('bytea')
  hash!: Buffer;

  @Column({ type: 'text', array: true })
  scopes!: string[];

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;
}
