import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { payload, type Payload } from './sides/payload';
import type { Side } from './sides/side';
import { Tally } from './tally';

export interface LiveOptions {
  publishers: number;
  seconds: number;
  /** How many scopes the events fall into. */
  accounts: number;
  /** Size of a payload; 300 bytes without it. */
  bytes?: number;
  /** Deliveries that each event becomes; one without it. */
  deliveries?: number;
}

export interface LatencyOptions {
  perSecond: number;
  seconds: number;
}

export interface BulkOptions {
  events: number;
  batch: number;
}

export interface DrainOptions {
  events: number;
  accounts: number;
}

/** Milliseconds from the call of publish to the start of the handler. */
export interface Latency {
  p50: number;
  p99: number;
}

/** What a side is made to do; rates are per second. Each begins with empty tables and ends with nothing left. */
export const WORKLOADS = { live, bulk, drain, latency, size };

/** Events per second. Each publisher publishes its next one once the one before is durable; a worker beside it keeps up. */
async function live(side: Side, options: LiveOptions): Promise<number> {
  const { publishers, seconds, accounts, bytes, deliveries = 1 } = options;
  return working(side, async (tally) => {
    let sent = 0;
    const begin = performance.now();
    const publisher = async () => {
      while (performance.now() - begin < seconds * 1_000) await side.publish(payload((sent += 1), accounts, bytes));
    };
    await Promise.all(Array.from({ length: publishers }, publisher));
    await tally.reaches(sent * deliveries);
    return perSecond(sent, performance.now() - begin);
  });
}

/** One batch after the other, nobody works. */
async function bulk(side: Side, { events, batch }: BulkOptions): Promise<number> {
  await side.empty();
  const batches = batchesOf(events, batch, 1_000);
  const begin = performance.now();
  for (const payloads of batches) await side.publishMany(payloads);
  const rate = perSecond(events, performance.now() - begin);
  await expectWaiting(side);
  await side.empty();
  return rate;
}

/** The events wait already; the time counts from the first to the last handler. */
async function drain(side: Side, { events, accounts }: DrainOptions): Promise<number> {
  await side.empty();
  for (const payloads of batchesOf(events, 1_000, accounts)) await side.publishMany(payloads);
  await expectWaiting(side);
  const tally = new Tally();
  await side.start(() => tally.add());
  await tally.reaches(events);
  const rate = perSecond(events - 1, tally.lastAt - tally.firstAt);
  await finish(side);
  return rate;
}

/** Bytes on disk for each of so many that wait. */
async function size(side: Side, { events, accounts }: DrainOptions): Promise<number> {
  await side.empty();
  const before = await side.bytes!();
  for (const payloads of batchesOf(events, 1_000, accounts)) await side.publishMany(payloads);
  await expectWaiting(side);
  const each = ((await side.bytes!()) - before) / events;
  await side.empty();
  return each;
}

/** Events at an even pace, whether or not those before are handled. */
async function latency(side: Side, { perSecond: pace, seconds }: LatencyOptions): Promise<Latency> {
  const publishedAt: number[] = [];
  const took: number[] = [];
  const note = ({ number }: Payload) => took.push(performance.now() - publishedAt[number]!);
  return working(
    side,
    async (tally) => {
      const begin = performance.now();
      const sent: Promise<void>[] = [];
      for (let number = 0; number < pace * seconds; number += 1) {
        const ahead = begin + (number * 1_000) / pace - performance.now();
        await (ahead > 0 ? delay(ahead) : nextTurn());
        publishedAt[number] = performance.now();
        sent.push(side.publish(payload(number, 1_000)));
      }
      await Promise.all(sent);
      await tally.reaches(sent.length);
      took.sort((a, b) => a - b);
      return { p50: took[Math.floor(took.length * 0.5)]!, p99: took[Math.floor(took.length * 0.99)]! };
    },
    note,
  );
}

async function working<T>(
  side: Side,
  measure: (tally: Tally) => Promise<T>,
  note: (payload: Payload) => void = () => undefined,
): Promise<T> {
  await side.empty();
  const tally = new Tally();
  await side.start((one) => {
    note(one);
    tally.add();
  });
  // Whatever a worker does on its start is over by then.
  await side.publish(payload(0, 1));
  await tally.reaches(1);
  await delay(250);
  tally.reset();
  const result = await measure(tally);
  await finish(side);
  return result;
}

/** Whatever was handled must also be settled, or the figure is worth nothing. */
export async function finish(side: Side): Promise<void> {
  for (const begin = performance.now(); (await side.left()) > 0; await delay(20)) {
    if (performance.now() - begin > 10_000) throw new Error(`${await side.left()} were handled but never settled.`);
  }
  await side.stop();
}

export async function expectWaiting(side: Side): Promise<void> {
  if ((await side.left()) === 0) throw new Error('Nothing waits although it was published.');
}

export function batchesOf(events: number, batch: number, accounts: number): Payload[][] {
  return Array.from({ length: Math.ceil(events / batch) }, (_, index) =>
    Array.from({ length: batch }, (_, place) => payload(index * batch + place, accounts)),
  );
}

function perSecond(count: number, ms: number): number {
  return count / (ms / 1_000);
}
