import { Injectable } from '@nestjs/common';
import type { DryRunDecision, DryRunVerdict, ReplayDryRun } from '@reflex/core';
import { EventStore, type HistoryRange, type RegisteredTrigger, type TakenEvent } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry } from '../trigger-registry';
import { Agenda } from './agenda';
import { Rehearsal, type Rehearsed } from './rehearsal';

export interface DryRunRequest extends HistoryRange {
  /** Default: all that are active. */
  triggers?: string[];
  /** Deliveries per second. */
  rate: number;
  /** Of how many events to tell each decision. */
  limit: number;
}

export interface DryRunOptions {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

type Item = ReplayDryRun['items'][number];

const CHUNK = 500;

/** Tells what executing a replay now would do, event by event: it decides as workers would, on what triggers remember now. */
@Injectable()
export class ReplayRehearser {
  constructor(
    private readonly store: EventStore,
    private readonly events: EventRegistry,
    private readonly triggers: TriggerRegistry,
  ) {}

  async dryRun(request: DryRunRequest, { onProgress, signal }: DryRunOptions = {}): Promise<ReplayDryRun> {
    const { triggers: names, rate, limit } = request;
    const all = await this.store.triggers();
    const chosen = all.filter(({ name, active }) => active && (names?.includes(name) ?? true));
    const { events, deliveries } = await this.store.operations.forecastReplay(request, names);
    const total = Object.values(deliveries).reduce((sum, count) => sum + count, 0);
    const startMs = Date.now();
    const stage = new Stage(new Agenda(startMs), limit);
    const rehearsals = this.rehearsalsOf(chosen, stage);
    let done = 0;
    onProgress?.(0, total);
    for await (const chunk of chunked(this.store.history.taken(chosen, request))) {
      signal?.throwIfAborted();
      await this.recall(chosen, rehearsals, chunk);
      for (const { event, takers } of chunk) {
        stage.enter(event);
        for (const { name, scope, live } of takers) {
          const rehearsal = rehearsals.get(name);
          if (live) stage.note(name, scope, 'live', 'It is still under way, and would be left alone.');
          else if (!rehearsal) stage.note(name, scope, 'unknown', 'The code of this trigger is not in this process.');
          else {
            stage.agenda.advance(startMs + (done * 1_000) / rate);
            rehearsal.deliver(event, scope);
          }
          if (!live) done += 1;
        }
        stage.leave();
      }
      onProgress?.(Math.min(done, total), total);
    }
    // What was put off, and the timers that it leaves behind.
    for (let at = stage.agenda.nextAt; at !== null; at = stage.agenda.nextAt) stage.agenda.advance(at);
    const { fires, verdicts, items } = stage;
    return { mode: 'dry_run', events, deliveries, fires, verdicts, items, notes: notesOn(all, names) };
  }

  private rehearsalsOf(chosen: readonly RegisteredTrigger[], stage: Stage): Map<string, Rehearsal> {
    const decode = this.events.decode.bind(this.events);
    const known = chosen.flatMap(({ name }) => this.triggers.get(name) ?? []);
    return new Map(
      known.map((trigger) => {
        const { name } = trigger.definition;
        const tell = (rehearsed: Rehearsed): void => stage.tell(name, rehearsed);
        const { agenda } = stage;
        return [name, new Rehearsal(trigger, { agenda, decode, tell, witnessed: () => stage.isTold })];
      }),
    );
  }

  /** Lets the triggers begin with what they remember now. */
  private async recall(
    chosen: readonly RegisteredTrigger[],
    rehearsals: ReadonlyMap<string, Rehearsal>,
    chunk: readonly TakenEvent[],
  ): Promise<void> {
    for (const { id, name } of chosen) {
      const rehearsal = rehearsals.get(name);
      if (!rehearsal) continue;
      const scopes = chunk.flatMap(({ takers }) =>
        takers.filter((taker) => taker.name === name).map(({ scope }) => scope),
      );
      const lacking = [...new Set(scopes)].filter((scope) => rehearsal.lacks(scope));
      if (lacking.length === 0) continue;
      const contexts = await this.store.history.contexts(id, lacking);
      for (const [scope, context] of contexts) rehearsal.recall(scope, context);
    }
  }
}

/** Where the decisions about one event after the other are heard. */
class Stage {
  readonly fires: Record<string, number> = {};
  readonly verdicts: ReplayDryRun['verdicts'] = {};
  readonly items: Item[] = [];
  private item: Item | null = null;

  constructor(
    readonly agenda: Agenda,
    private readonly limit: number,
  ) {}

  /** The event at hand is among those whose decisions are told. */
  get isTold(): boolean {
    return this.item !== null;
  }

  enter({ id, type, source, receivedAt }: TakenEvent['event']): void {
    if (this.items.length >= this.limit) return;
    this.item = { event: { id, type, source, received_at: receivedAt.toISOString() }, decisions: [] };
    this.items.push(this.item);
  }

  leave(): void {
    this.item = null;
  }

  tell(trigger: string, { event, scope, verdict, reason, filter, condition }: Rehearsed): void {
    if (verdict === 'fires') this.fires[trigger] = (this.fires[trigger] ?? 0) + 1;
    this.count(trigger, verdict);
    if (this.item?.event.id === event.id)
      this.item.decisions.push({ trigger, scope, verdict, reason, filter, condition });
  }

  note(trigger: string, scope: string | null, verdict: DryRunVerdict, reason: string): void {
    this.count(trigger, verdict);
    const decision: DryRunDecision = { trigger, scope, verdict, reason, filter: null, condition: null };
    this.item?.decisions.push(decision);
  }

  private count(trigger: string, verdict: DryRunVerdict): void {
    const counts = (this.verdicts[trigger] ??= {});
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
}

function notesOn(all: readonly RegisteredTrigger[], names: string[] | undefined): string[] {
  const meant = all.filter(({ name }) => names?.includes(name) ?? true);
  return [
    ...meant
      .filter(({ active }) => names && !active)
      .map(({ name }) => `${name} is retired: nothing would be delivered.`),
    ...meant
      .filter(({ paused, active }) => paused && active)
      .map(({ name }) => `${name} is paused: what is delivered waits until it is resumed.`),
    ...(meant.some(({ stateful }) => stateful)
      ? ['Judged on what the triggers remember now; what comes meanwhile will take part as well.']
      : []),
  ];
}

async function* chunked<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
