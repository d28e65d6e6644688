import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The world outside, as a payment service is: it does an action once per key, or each time without one, and remembers everything. */
export interface Outside {
  url: string;
  /** By action: the keys under which it was done. More than one is an effect too many. */
  done: Map<string, Set<string>>;
  /** By action: how often it was asked for. */
  asked: Map<string, number>;
  /** How often it was asked. */
  readonly calls: number;
  stop(): Promise<void>;
}

/** Takes up to `slowMs` before it acts and as long again before it answers, so that callers die in between. */
export async function startOutside(slowMs: number): Promise<Outside> {
  const done = new Map<string, Set<string>>();
  const asked = new Map<string, number>();
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    const action = request.url!.slice(1);
    asked.set(action, (asked.get(action) ?? 0) + 1);
    const key = String(request.headers['idempotency-key'] ?? `without key, ${calls}`);
    void delay(Math.random() * slowMs)
      .then(() => done.set(action, (done.get(action) ?? new Set()).add(key)))
      .then(() => delay(Math.random() * slowMs))
      .then(() => response.end('{}'));
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    asked,
    get calls() {
      return calls;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
