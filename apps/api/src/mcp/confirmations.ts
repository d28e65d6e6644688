import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ReflexError } from '@reflex/core';
import { SETTINGS, type Settings } from '../settings';

const VALID_MS = 5 * 60_000;

export class NotConfirmed extends ReflexError {
  readonly code = 'not_confirmed';
  override readonly status = 409;

  constructor() {
    super(
      'This confirmation is not for what would be done now, or older than five minutes. Ask for a new one without it.',
    );
  }
}

/**
 * Codes that say: this person was shown exactly this. Signed, not stored, so that any process can check them; what they
 * allow can be done once, because afterwards it is not there any more.
 */
@Injectable()
export class Confirmations {
  private readonly secret: string | Buffer;

  constructor(@Inject(SETTINGS) { jwtSecret }: Settings) {
    this.secret = jwtSecret ?? randomBytes(32);
  }

  /** A code for what is described; `what` must hold all that it depends on. */
  issue(what: unknown, now = Date.now()): string {
    const until = now + VALID_MS;
    return `${until.toString(36)}-${this.sign(what, until)}`;
  }

  /** Throws `NotConfirmed` unless the code was issued for exactly this, and not long ago. */
  assert(code: string, what: unknown, now = Date.now()): void {
    const [time = '', signature = ''] = code.split('-');
    const until = Number.parseInt(time, 36);
    const expected = Buffer.from(this.sign(what, until));
    const given = Buffer.from(signature);
    const isSame = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isSame || !(until > now)) throw new NotConfirmed();
  }

  private sign(what: unknown, until: number): string {
    return createHmac('sha256', this.secret)
      .update(`confirm:${until}:${JSON.stringify(what)}`)
      .digest('hex')
      .slice(0, 32);
  }
}
