import { Logger } from '@nestjs/common';
import type { StoredSecret } from '@reflex/core';
import type { Pool } from 'pg';
import { SecretsOff, TooManySecrets } from '../errors';
import { type Rotation, type SecretNote, SecretStore } from '../secret-store';
import { type Envelope, opened, rewrapped, sealed } from '../vault/envelope';
import type { MasterKey } from '../vault/master-keys';
import { reachable } from './outage';
import { DELETE_SECRET, REWRAP_SECRET, SECRETS, SET_SECRET } from './secret-queries';
import { TableWatch } from './table-watch';

/** All of them are in the memory of each process, and each line of its log is searched for them. */
const MAX_SECRETS = 100;

interface Row {
  name: string;
  key_id: string;
  wrapped_key: Buffer;
  sealed: Buffer;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

type Listener = (secrets: ReadonlyMap<string, StoredSecret>) => void;

/** Sealed in a table, opened in the memory of each process that listens. */
export class PostgresSecrets extends SecretStore {
  private readonly logger = new Logger('Secrets');
  private readonly listeners = new Set<Listener>();
  private readonly watch: TableWatch;
  private rows: Row[] = [];
  private secrets: ReadonlyMap<string, StoredSecret> = new Map();

  constructor(
    private readonly pool: Pool,
    private readonly keys: readonly MasterKey[],
    private readonly tellOthers: () => void,
    isTold: () => boolean,
  ) {
    super();
    this.watch = new TableWatch(
      () => this.readOnce(),
      isTold,
      (error) => this.logger.warn(`The stored secrets could not be read and will be again: ${String(error)}`),
    );
  }

  async set(name: string, value: string, by: string): Promise<SecretNote> {
    const envelope = sealed(name, value, this.sealingKey());
    const values = [name, envelope.keyId, envelope.wrappedKey, envelope.sealed, by, MAX_SECRETS];
    const [row] = await this.query(SET_SECRET, values);
    if (!row) throw new TooManySecrets(MAX_SECRETS);
    await this.changed();
    return this.toNote(row);
  }

  async list(): Promise<SecretNote[]> {
    return (await this.query(SECRETS)).map((row) => this.toNote(row));
  }

  async delete(name: string): Promise<boolean> {
    const rows = await this.query(DELETE_SECRET, [name]);
    await this.changed();
    return rows.length > 0;
  }

  async rotate(): Promise<Rotation> {
    const next = this.sealingKey();
    const left: string[] = [];
    let rotated = 0;
    for (const row of await this.query(SECRETS)) {
      const { name, wrapped_key: before } = row;
      if (row.key_id === next.id && this.open(row) !== null) continue;
      const envelope = rewrapped(name, envelopeOf(row), this.keys, next);
      if (!envelope) left.push(name);
      else rotated += (await this.query(REWRAP_SECRET, [name, next.id, envelope.wrappedKey, before])).length;
    }
    await this.changed();
    return { keyId: next.id, rotated, left };
  }

  async onChanged(listener: Listener): Promise<() => void> {
    await this.watch.start();
    listener(this.secrets);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Looks, and tells this process. */
  read(): Promise<void> {
    return this.watch.read();
  }

  async stop(): Promise<void> {
    this.listeners.clear();
    await this.watch.stop();
  }

  private sealingKey(): MasterKey {
    const [first] = this.keys;
    if (!first) throw new SecretsOff();
    return first;
  }

  private async changed(): Promise<void> {
    this.tellOthers();
    await this.watch.read();
  }

  private async readOnce(): Promise<void> {
    const { rows } = await this.pool.query<Row>(SECRETS);
    if (rows.length === this.rows.length && rows.every((row, at) => isSame(row, this.rows[at]!))) return;
    const before = new Map(this.rows.map((row) => [row.name, row]));
    this.secrets = new Map(rows.map((row) => [row.name, { value: this.open(row), keyId: row.key_id }]));
    this.rows = rows;
    for (const row of rows) {
      const known = before.get(row.name);
      if (this.secrets.get(row.name)!.value === null && !(known && isSame(row, known))) this.warnOf(row);
    }
    for (const tell of this.listeners) tell(this.secrets);
  }

  private warnOf({ name, key_id: keyId }: Row): void {
    this.logger.warn(
      `The stored secret ${name} cannot be opened: it is sealed with the key "${keyId}", which this process does not have, or was changed in the database. Add that key to SECRETS_KEYS, or set the secret anew.`,
    );
  }

  private open(row: Row): string | null {
    return opened(row.name, envelopeOf(row), this.keys);
  }

  private toNote(row: Row): SecretNote {
    const { name, key_id: keyId, created_at: createdAt, updated_at: updatedAt, updated_by: updatedBy } = row;
    return { name, keyId, usable: this.open(row) !== null, createdAt, updatedAt, updatedBy };
  }

  private query(text: string, values: unknown[] = []): Promise<Row[]> {
    return reachable(async () => (await this.pool.query<Row>(text, values)).rows);
  }
}

function envelopeOf({ key_id: keyId, wrapped_key: wrappedKey, sealed: value }: Row): Envelope {
  return { keyId, wrappedKey, sealed: value };
}

function isSame(one: Row, other: Row): boolean {
  return (
    one.name === other.name &&
    one.key_id === other.key_id &&
    one.wrapped_key.equals(other.wrapped_key) &&
    one.sealed.equals(other.sealed)
  );
}
