import { ReflexError } from '@reflex/core';
import { SCOPES, type Scope } from './scope';

const REALM = 'Bearer realm="reflex"';

/** Nobody is let in without a valid key; `headers` go with the answer. */
export abstract class NotAuthenticated extends ReflexError {
  override readonly status = 401;
  abstract readonly headers: Record<string, string>;
}

export class KeyRequired extends NotAuthenticated {
  readonly code = 'key_required';
  readonly headers = { 'www-authenticate': REALM };

  constructor() {
    super('This needs an API key. Send it as "Authorization: Bearer <key>" or "X-Api-Key: <key>".');
  }
}

// One answer for unknown, expired and revoked keys: it tells a thief nothing.
export class InvalidKey extends NotAuthenticated {
  readonly code = 'invalid_key';
  readonly headers = { 'www-authenticate': `${REALM}, error="invalid_token"` };

  constructor() {
    super('This API key is not valid: it is unknown, expired or revoked. Ask an operator for a new one.');
  }
}

export class ScopeMissing extends ReflexError {
  readonly code = 'scope_missing';
  override readonly status = 403;
  readonly headers: Record<string, string>;

  constructor(scope: Scope) {
    super(`This API key has no "${scope}". Use a key with that scope.`, { details: { scope } });
    this.headers = { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` };
  }
}

/** A route that nobody said anything about is closed. */
export class RouteClosed extends ReflexError {
  readonly code = 'route_closed';
  override readonly status = 403;

  constructor() {
    super('This route is open to nobody: it has neither @RequireScope nor @Public.');
  }
}

export class RouteWithoutAccess extends ReflexError {
  readonly code = 'route_without_access';

  constructor(routes: string[]) {
    super(
      `Say who may call ${routes.join(', ')}: add @RequireScope('…') or @Public() to the method or its controller.`,
    );
  }
}

/** The keys cannot be looked up right now; nobody is let in meanwhile, but nobody is turned away for good either. */
export class KeysUnavailable extends ReflexError {
  readonly code = 'store_unavailable';
  override readonly status = 503;

  constructor(cause: unknown) {
    super('The database does not answer, so the key cannot be checked. Send it again in a few seconds.', { cause });
  }
}

export class UnknownScope extends ReflexError {
  readonly code = 'unknown_scope';
  override readonly status = 422;

  constructor(text: string) {
    super(`"${text.slice(0, 64)}" is no scope. There are ${SCOPES.join(', ')}.`);
  }
}

export class InvalidKeyRequest extends ReflexError {
  readonly code = 'invalid_key_request';
  override readonly status = 422;
}

export class UnknownKey extends ReflexError {
  readonly code = 'unknown_key';
  override readonly status = 404;

  constructor(text: string) {
    super(`There is no valid API key "${text.slice(0, 64)}". "reflex keys list" shows prefixes and ids.`);
  }
}

export class InvalidReason extends ReflexError {
  readonly code = 'invalid_reason';
  override readonly status = 422;

  constructor(most: number) {
    super(`A reason has at most ${most} characters on one line. Write a shorter one.`);
  }
}
