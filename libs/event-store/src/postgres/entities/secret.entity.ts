import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** A secret of tools, sealed; see `vault/envelope.ts`. */
@Entity({ schema: 'reflex', name: 'secrets' })
@Check('secrets_name', `name ~ '^[A-Z][A-Z0-9_]{0,63}$'`)
export class SecretEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'secrets_pkey' })
  name!: string;

  @Column('text', { name: 'key_id' })
  keyId!: string;

  @Column('bytea', { name: 'wrapped_key', select: false })
  wrappedKey!: Buffer;

  @Column('bytea', { select: false })
  sealed!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('text', { name: 'updated_by' })
  updatedBy!: string;
}
