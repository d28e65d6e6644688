import type { Scope } from './scope';

/** Whoever a request, a connection or a command comes from, once that is known. */
export interface Principal {
  /** As the audit names them: `key:<name>/<prefix>`, `development` or `cli:<user of this machine>`. */
  readonly actor: string;
  /** `null` for those who came without a key. */
  readonly keyId: string | null;
  readonly scopes: readonly Scope[];
}

/** Everybody, where access is open: on a developer's own machine. */
export const DEVELOPMENT: Principal = { actor: 'development', keyId: null, scopes: ['admin'] };
