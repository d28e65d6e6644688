import type { ApiKey } from '@reflex/auth';
import type { Column } from '../answer';

export function keyJson(key: ApiKey): Record<string, unknown> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    status: statusOf(key),
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  };
}

export const KEY_COLUMNS: Column<ApiKey>[] = [
  ['PREFIX', ({ prefix }) => prefix],
  ['NAME', ({ name }) => name],
  ['SCOPES', ({ scopes }) => scopes.join(',')],
  ['STATUS', statusOf],
  ['CREATED', ({ createdAt }) => createdAt],
  ['EXPIRES', ({ expiresAt }) => expiresAt],
  ['LAST USED', ({ lastUsedAt }) => lastUsedAt],
];

function statusOf({ revokedAt, expiresAt }: ApiKey): 'valid' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt.getTime() <= Date.now() ? 'expired' : 'valid';
}
