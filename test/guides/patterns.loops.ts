import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, Received, StoredEvent } from '@reflex/event-store';

export async function realtimeLoop(
  store: EventStore,
  handle: (event: StoredEvent) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { event, ack, nack } of store.subscribe({
    name: 'realtime',
    types: ['ticket.*'],
    open: 1,
    signal,
  })) {
    try {
      await handle(event);
    } catch (error) {
      await nack(error);
      continue;
    }
    await ack();
  }
}

export async function parallelLoop(
  store: EventStore,
  handle: (event: StoredEvent) => Promise<unknown>,
  signal: AbortSignal,
  workers = 4,
): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => realtimeLoop(store, handle, signal)));
}

export async function batchLoop(
  store: EventStore,
  handle: (events: StoredEvent[]) => Promise<unknown>,
  signal: AbortSignal,
  { size = 100, timeoutMs = 60_000 } = {},
): Promise<void> {
  const ending = new AbortController();
  const deliveries = store.subscribe({ name: 'batch', types: ['ticket.*'], open: size, signal: ending.signal });
  const ask = (): ReturnType<typeof deliveries.next> => {
    const next = deliveries.next();
    next.catch(() => undefined); // whoever awaits it hears of the error, but perhaps only after a batch
    return next;
  };
  // Not while a batch is handled: it would be given back under our hands.
  let handling = false;
  signal.addEventListener('abort', () => handling || ending.abort());

  try {
    let next = ask();
    while (true) {
      const batch: Received[] = [];
      let timeout: Promise<null> | undefined;
      while (batch.length < size) {
        const received = await (timeout ? Promise.race([next, timeout]) : next);
        if (received === null) break;
        if (received.done) return;
        batch.push(received.value);
        timeout ??= delay(timeoutMs, null, { ref: false });
        next = ask();
      }
      handling = true;
      await settle(batch, handle);
      handling = false;
      if (signal.aborted) ending.abort();
    }
  } finally {
    ending.abort();
  }
}

async function settle(batch: Received[], handle: (events: StoredEvent[]) => Promise<unknown>): Promise<void> {
  try {
    await handle(batch.map(({ event }) => event));
  } catch (error) {
    await Promise.all(batch.map(({ nack }) => nack(error)));
    return;
  }
  await Promise.all(batch.map(({ ack }) => ack()));
}
