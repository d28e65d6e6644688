import { Client } from 'pg';

/** One connection of its own, whose end is the end of every lock it holds. While it holds some, it is probed. */
export class LockSession {
  private readonly losing = new AbortController();
  private readonly probe: NodeJS.Timeout;
  private held = 0;
  private before: Promise<unknown> = Promise.resolve();
  private ended: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: Client,
    patienceMs: number,
  ) {
    client.on('error', (error) => this.lose(error));
    client.on('end', () => this.lose(new Error('The connection that held the locks has ended.')));
    this.probe = setInterval(
      () => this.held > 0 && void this.query('select 1', []).catch(() => undefined),
      patienceMs / 2,
    );
    this.probe.unref();
  }

  static async open(url: string, patienceMs: number): Promise<LockSession> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      keepAlive: true,
      application_name: 'reflex:locks',
    });
    const session = new LockSession(client, patienceMs);
    try {
      await client.connect();
    } catch (error) {
      session.lose(error);
      throw error;
    }
    return session;
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async tryLock(key: string): Promise<boolean> {
    const { rows } = await this.query('select pg_try_advisory_lock($1::bigint) as got', [key]);
    if (!rows[0]!.got) return false;
    this.held += 1;
    return true;
  }

  async unlock(key: string): Promise<void> {
    this.held -= 1;
    // Should it fail, the session is lost, and the server lets go of the lock with it.
    await this.query('select pg_advisory_unlock($1::bigint) as got', [key]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.lose(new Error('The locks were closed.'));
    await this.ended;
  }

  private query(text: string, values: unknown[]): Promise<{ rows: { got: boolean }[] }> {
    // One after the other: the driver's own queue counts the wait in it as the statement's.
    const turn = this.before.then(() => this.client.query<{ got: boolean }>(text, values));
    this.before = turn.catch((error: unknown) => this.lose(error));
    return turn;
  }

  private lose(reason: unknown): void {
    if (this.losing.signal.aborted) return;
    clearInterval(this.probe);
    this.losing.abort(reason);
    this.ended = this.client.end().catch(() => undefined);
  }
}
