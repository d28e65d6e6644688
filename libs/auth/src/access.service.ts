import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ApiKeys } from './api-keys.service';
import { AuthOptions } from './auth-options';
import { KeyRequired, ScopeMissing } from './errors';
import { DEVELOPMENT, type Principal } from './principal';
import { keyInHeaders, keyInUpgrade } from './request-key';
import { allows, type Scope } from './scope';

/** Tells who somebody is, and whether they may: for HTTP and WebSocket alike. */
@Injectable()
export class Access {
  constructor(
    private readonly keys: ApiKeys,
    private readonly options: AuthOptions,
  ) {}

  get isOpen(): boolean {
    return this.options.access === 'open';
  }

  /** Whose request this is, if its key was seen a moment ago: answers at once, for those who count requests. */
  known(headers: IncomingHttpHeaders): Principal | undefined {
    if (this.isOpen) return undefined;
    const text = keyInHeaders(headers);
    return text === undefined ? undefined : this.keys.known(text);
  }

  /** Throws `KeyRequired`, `InvalidKey` or `ScopeMissing`. */
  async assert(headers: IncomingHttpHeaders, scope: Scope): Promise<Principal> {
    if (this.isOpen) return DEVELOPMENT;
    const text = keyInHeaders(headers);
    if (text === undefined) throw new KeyRequired();
    return this.assertKey(text, scope);
  }

  async assertKey(text: string, scope: Scope): Promise<Principal> {
    const principal = this.keys.known(text) ?? (await this.keys.verify(text));
    if (!allows(principal.scopes, scope)) throw new ScopeMissing(scope);
    return principal;
  }

  /** The key that a WebSocket shows before its handshake, if any. */
  keyOfUpgrade(headers: IncomingHttpHeaders): string | undefined {
    return keyInUpgrade(headers);
  }
}
