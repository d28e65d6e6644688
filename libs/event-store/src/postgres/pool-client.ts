import { Client, type ClientConfig } from 'pg';

/**
 * A connection of the pool that may end at any moment. Between being handed out and its first statement nobody listens to
 * it, and an `error` that nobody hears ends the process; the next statement fails anyway, and the pool drops it then.
 */
export class PoolClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
