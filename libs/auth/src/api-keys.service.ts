import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuthOptions } from './auth-options';
import { InvalidKey, InvalidKeyRequest, KeysUnavailable, UnknownKey, UnknownScope } from './errors';
import { KeyCache } from './key-cache';
import { newKey, readKey, type PresentedKey } from './presented-key';
import type { Principal } from './principal';
import { COUNT_VALID_KEYS, CREATE_KEY, FIND_KEY, LIST_KEYS, REVOKE_KEY } from './queries';
import { isScope, type Scope } from './scope';

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
}

export interface NewApiKey {
  name: string;
  scopes: readonly string[];
  expiresAt?: Date | null;
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@:-]{0,99}$/u;
const MOST_KEYS = 10_000;
// Wrong keys are remembered apart from right ones, so that no flood of them drives those out.
const MOST_WRONG_KEYS = 10_000;

/** The keys that programs and people come in with. Only their hashes are stored. */
@Injectable()
export class ApiKeys {
  private readonly valid: KeyCache<Principal>;
  private readonly wrong: KeyCache<true>;
  private readonly lookups = new Map<string, Promise<Principal>>();

  constructor(
    private readonly dataSource: DataSource,
    options: AuthOptions,
  ) {
    this.valid = new KeyCache(MOST_KEYS, options.cacheMs);
    this.wrong = new KeyCache(MOST_WRONG_KEYS, options.cacheMs);
  }

  /** The secret in `key` is shown here and never again. */
  async create({ name, scopes, expiresAt = null }: NewApiKey): Promise<ApiKey & { key: string }> {
    if (!NAME.test(name)) {
      throw new InvalidKeyRequest('A key needs a name of 1 to 100 letters, digits, spaces or any of . _ @ : -');
    }
    if (scopes.length === 0) throw new UnknownScope('');
    for (const scope of scopes) if (!isScope(scope)) throw new UnknownScope(scope);
    if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
      throw new InvalidKeyRequest('The key would have expired already. Choose a time that is yet to come.');
    }
    const { text, prefix, hash } = newKey();
    const [row] = await this.dataSource.query<KeyRow[]>(CREATE_KEY, [
      name,
      prefix,
      Buffer.from(hash, 'base64'),
      [...new Set(scopes)],
      expiresAt,
    ]);
    return { ...toApiKey(row!), key: text };
  }

  /** All keys, also those that are no longer valid, newest first. */
  async list(): Promise<ApiKey[]> {
    return (await this.dataSource.query<KeyRow[]>(LIST_KEYS)).map((row) => toApiKey(row));
  }

  async countValid(): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(COUNT_VALID_KEYS);
    return row!.count;
  }

  /** By id or prefix; holds here at once, and everywhere when their caches end. Throws `UnknownKey`. */
  async revoke(idOrPrefix: string): Promise<ApiKey> {
    // TypeORM answers an update with its rows and their number.
    const [[row]] = await this.dataSource.query<[KeyRow[], number]>(REVOKE_KEY, [idOrPrefix]);
    if (row === undefined) throw new UnknownKey(idOrPrefix);
    this.valid.clear();
    return toApiKey(row);
  }

  /** Whose key this is, if that is known without asking the database. */
  known(text: string): Principal | undefined {
    const key = readKey(text);
    return key === null ? undefined : this.valid.get(cacheKey(key), performance.now());
  }

  /** Throws `InvalidKey` for what is no key, or one that is unknown, expired or revoked. */
  async verify(text: string): Promise<Principal> {
    const key = readKey(text);
    if (key === null) throw new InvalidKey();
    return this.verifyPresented(key);
  }

  /** The same for those who must ask again later and do not want to keep the secret. */
  async verifyPresented(key: PresentedKey): Promise<Principal> {
    const cached = cacheKey(key);
    const now = performance.now();
    const known = this.valid.get(cached, now);
    if (known !== undefined) return known;
    if (this.wrong.get(cached, now)) throw new InvalidKey();
    // Of a hundred requests at once, one asks.
    let lookup = this.lookups.get(cached);
    if (lookup === undefined) {
      lookup = this.lookUp(key, cached).finally(() => this.lookups.delete(cached));
      this.lookups.set(cached, lookup);
    }
    return lookup;
  }

  private async lookUp({ prefix, hash }: PresentedKey, cached: string): Promise<Principal> {
    // Measured from before the question, so that an answer that came late is not good for longer.
    const now = performance.now();
    const bytes = Buffer.from(hash, 'base64');
    const [row] = await this.ask(prefix, bytes);
    if (row === undefined || !timingSafeEqual(row.hash, bytes)) {
      this.wrong.set(cached, true, now);
      throw new InvalidKey();
    }
    const principal: Principal = { actor: `key:${row.name}/${row.prefix}`, keyId: row.id, scopes: row.scopes };
    this.valid.set(cached, principal, now, row.expires_in_ms === null ? Infinity : now + Number(row.expires_in_ms));
    return principal;
  }

  private async ask(prefix: string, hash: Buffer): Promise<FoundRow[]> {
    try {
      return await this.dataSource.query<FoundRow[]>(FIND_KEY, [prefix, hash]);
    } catch (cause) {
      throw new KeysUnavailable(cause);
    }
  }
}

interface KeyRow {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

interface FoundRow {
  id: string;
  name: string;
  prefix: string;
  hash: Buffer;
  scopes: Scope[];
  expires_in_ms: string | number | null;
}

function toApiKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}

// The hash alone would do; the prefix makes sure that a hash under another prefix is another key.
function cacheKey({ prefix, hash }: PresentedKey): string {
  return `${prefix}${hash}`;
}
