import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { toEnvelope } from '@reflex/events';
import type { EventStore, StoredEvent } from '@reflex/event-store';
import { Command, Option } from 'nest-commander';
import { printLine } from '../answer';
import { namesOf, wholeNumber } from '../options';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';
import { eventLine } from './event-line';

interface Options extends CommonOptions {
  types?: string[];
  limit?: number;
  follow?: boolean;
}

const POLL_MS = 500;
/** A transaction commits after its events were stamped, so an event may appear behind newer ones. */
const LATE_MS = 30_000;

@Command({ name: 'tail', description: 'The newest events; with --follow also those to come' })
export class TailCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { types, limit = 20, follow, json }: Options): Promise<void> {
    const { store } = await this.workspace.open();
    const print = (event: StoredEvent): void => printLine(json ? JSON.stringify(toEnvelope(event)) : eventLine(event));
    const { items } = await store.search({ types, limit });
    items.toReversed().forEach(print);
    if (follow) await followed(store, types, items, print);
  }

  @Option({ flags: '--types <list>', description: 'Types or globs, separated by commas' })
  parseTypes(text: string): string[] {
    return namesOf('--types', text);
  }

  @Option({ flags: '-n, --limit <count>', description: '1 to 1000; default 20' })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [1, 1_000]);
  }

  @Option({ flags: '-f, --follow', description: 'Go on until Ctrl+C' })
  parseFollow(): boolean {
    return true;
  }
}

async function followed(
  store: EventStore,
  types: string[] | undefined,
  shown: StoredEvent[],
  print: (event: StoredEvent) => void,
): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) void once(process, signal).then(() => stopping.abort());
  const seen = new Map(shown.map(({ id, receivedAt }) => [id, receivedAt.getTime()]));
  let newest = shown[0]?.receivedAt.getTime() ?? 0;
  // Of what was there at the beginning, only so many were asked for.
  let after = newest;
  while (!stopping.signal.aborted) {
    for await (const event of store.read({ types, from: new Date(Math.max(newest - LATE_MS, 0)) })) {
      const time = event.receivedAt.getTime();
      if (!seen.has(event.id) && time > after) print(event);
      seen.set(event.id, time);
      newest = Math.max(newest, time);
    }
    after = -1;
    for (const [id, time] of seen) if (time < newest - 2 * LATE_MS) seen.delete(id);
    await delay(POLL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}
