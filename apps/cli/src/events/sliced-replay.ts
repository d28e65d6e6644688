import { UnknownTrigger, type EventStore, type ReplayRequest, type ReplayResult } from '@reflex/event-store';
import { progressOf } from '../progress';

const SLICES = 50;

/** Throws `UnknownTrigger` for the first name that nobody has. */
export async function assertTriggers(store: EventStore, names: string[]): Promise<void> {
  const known = new Set((await store.triggers()).map(({ name }) => name));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new UnknownTrigger(unknown);
}

/** Replays one slice of the time after the other, so that one can see how far it is; the events of a slice go together. */
export async function replayInSlices(store: EventStore, request: ReplayRequest, total: number): Promise<ReplayResult> {
  const { from, to } = request;
  const length = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / SLICES));
  const whole: ReplayResult = { mode: request.mode, events: 0, deliveries: {} };
  const progress = progressOf('events', total);
  try {
    for (let start = from.getTime(); start < to.getTime(); start += length) {
      const end = Math.min(start + length, to.getTime());
      const part = await store.replay({ ...request, from: new Date(start), to: new Date(end) });
      whole.events += part.events;
      for (const [trigger, count] of Object.entries(part.deliveries)) {
        whole.deliveries[trigger] = (whole.deliveries[trigger] ?? 0) + count;
      }
      progress.at(whole.events);
    }
  } finally {
    progress.end();
  }
  return whole;
}
