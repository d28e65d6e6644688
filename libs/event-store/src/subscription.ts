import { backoffMs, Bell, durationMs, type BackoffOptions, type Duration } from '@reflex/core';
import { UndecodableEvent } from '@reflex/events';
import type { Delivery, StoredEvent } from './delivery';
import { StoreUnavailable } from './errors';
import type { EventStore, Lease } from './event-store';
import { failure } from './failure';
import type { RunReport, Settlement } from './settlement';

export interface SubscribeOptions {
  /** Durable: a subscription of the same name goes on where the last one stopped, and several share the work. */
  name: string;
  /** Event types, with `*` for any run of characters; default all. */
  types?: string[];
  /** Field paths: events of one scope come in order, the next after the one before is settled. Default: no order. */
  scope?: string[];
  /** Default 3; after so many `nack`s a delivery is a dead letter. */
  maxAttempts?: number;
  /** Between attempts; default 1 s to 60 s. */
  backoff?: BackoffOptions;
  /** Most deliveries that may be open, neither acked nor nacked. Default 100. */
  open?: number;
  /** How often to look without a hint; default 1 s. */
  poll?: Duration;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

/** A delivery in the subscriber's hands. Settle each exactly once; what is left open at the end of the loop goes back. */
export interface Received {
  event: StoredEvent;
  /** From 1. */
  attempt: number;
  /** Aborts when the lease is lost: others take over, so stop. */
  signal: AbortSignal;
  /** Done. What is given is kept as the result of the run. */
  ack: (result?: unknown) => Promise<void>;
  /** Failed: retried with backoff, then a dead letter. `PermanentError` and `RetryLater` mean what they mean in triggers. */
  nack: (error: unknown) => Promise<void>;
}

/** Deliveries as they come, in plain code: the loop behind `EventStore.subscribe`. */
export async function* subscription(
  store: EventStore,
  options: SubscribeOptions,
): AsyncGenerator<Received, void, void> {
  const { name, types = ['*'], scope = null, open: most = 100, signal } = options;
  const [trigger] = await store.registerTriggers([
    {
      name,
      types,
      scope,
      stateful: false,
      onRetry: 'block',
      priority: 0,
      concurrency: null,
      throttle: null,
      detached: true,
    },
  ]);
  const open = new Set<Delivery>();
  const bell = new Bell();
  const forget = store.onWork(() => bell.ring());
  const onAbort = (): void => bell.ring();
  signal?.addEventListener('abort', onAbort);
  const isOver = (): boolean => signal?.aborted ?? false;
  let lease: Lease | null = null;
  let failures = 0;
  try {
    while (!isOver()) {
      try {
        if (lease?.lost.aborted) open.clear();
        lease = lease && !lease.lost.aborted ? lease : await store.openLease();
        const slots = most - open.size;
        const { runs } = slots > 0 ? await store.claim([{ triggerId: trigger!.id, slots }]) : { runs: [] };
        failures = 0;
        const claimed = runs.flat();
        for (const delivery of claimed) open.add(delivery);
        for (const delivery of claimed) {
          if (isOver()) return;
          const received = await receive(store, delivery, lease.lost, options, () => {
            open.delete(delivery);
            bell.ring();
          });
          if (received) yield received;
        }
        if (claimed.length === 0) await bell.wait(durationMs(options.poll ?? 1_000));
      } catch (error) {
        if (!(error instanceof StoreUnavailable) && !lease?.lost.aborted) throw error;
        failures += 1;
        await bell.wait(backoffMs(Math.min(failures, 10), { baseMs: 100, maxMs: 2_000 }));
      }
    }
  } finally {
    forget();
    signal?.removeEventListener('abort', onAbort);
    if (lease && !lease.lost.aborted) {
      await store.release([...open]).catch(() => undefined);
      await lease.close();
    }
  }
}

async function receive(
  store: EventStore,
  delivery: Delivery,
  lost: AbortSignal,
  { maxAttempts = 3, backoff = { baseMs: 1_000, maxMs: 60_000 } }: SubscribeOptions,
  settled: () => void,
): Promise<Received | null> {
  const startedAt = new Date();
  const start = performance.now();
  const report = (): RunReport => ({ startedAt, durationMs: performance.now() - start });
  const settle = async (settlement: Settlement): Promise<void> => {
    await store.settle(settlement);
    settled();
  };
  const fail = (error: unknown): Promise<void> => settle(failure({ maxAttempts, backoff }, delivery, report(), error));
  if (!delivery.event) {
    await fail(new UndecodableEvent('The log no longer holds this event in a readable form. Delete the dead letter.'));
    return null;
  }
  return {
    event: delivery.event,
    attempt: delivery.attempt,
    signal: lost,
    ack: (result) => settle({ delivery, outcome: 'completed', run: { ...report(), result } }),
    nack: fail,
  };
}
