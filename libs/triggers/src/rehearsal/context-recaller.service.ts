import { Injectable } from '@nestjs/common';
import { EventStore, type Firing, type RunRecord, type StoredContext, type StoredEvent } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import type { ContextMemory } from '../context/context-memory';
import type { Trigger } from '../trigger';
import { Agenda } from './agenda';
import { matchFirings } from './firings';
import { Rehearsal, type Rehearsed } from './rehearsal';
import { warmUpOf } from './warm-up';

/** Of the time that the trigger looks back. */
const MOST_EVENTS = 100_000;

/** What a trigger was called with. */
export interface Recalled {
  event: StoredEvent;
  /** `null` for a trigger without memory, and when it cannot be worked out: too many events, or it would not run today. */
  context: StoredContext | null;
}

/** Works out what a trigger remembered when it ran: nobody writes that down, but the events that made it so are kept. */
@Injectable()
export class ContextRecaller {
  constructor(
    private readonly store: EventStore,
    private readonly events: EventRegistry,
  ) {}

  /** `null` when the event is no longer kept. */
  async recall(trigger: Trigger, run: RunRecord): Promise<Recalled | null> {
    const stored = await this.store.find(run.eventId);
    if (!stored) return null;
    const { deliveries: _deliveries, ...event } = stored;
    if (!trigger.definition.stateful) return { event, context: null };
    const to = new Date(event.receivedAt.getTime() + 1);
    const from = new Date(event.receivedAt.getTime() - warmUpOf(trigger));
    const did: Firing = {
      eventId: event.id,
      type: event.type,
      source: event.source,
      receivedAt: event.receivedAt,
      scope: run.scope,
      isTick: event.source === 'timer:context',
      outcome: run.outcome,
      runId: run.id,
    };
    if ((await this.store.history.count([trigger.definition], { from, to })) > MOST_EVENTS)
      return { event, context: null };
    const memories = await this.rehearse(trigger, run.scope, { from, to });
    const [match] = matchFirings([...memories.keys()], [did]).both;
    const memory = match && memories.get(match[0]);
    return { event, context: memory ? contextOf(memory) : null };
  }

  private async rehearse(
    trigger: Trigger,
    scope: string | null,
    { from, to }: { from: Date; to: Date },
  ): Promise<Map<Rehearsed, ContextMemory>> {
    const memories = new Map<Rehearsed, ContextMemory>();
    const agenda = new Agenda(from.getTime());
    const rehearsal = new Rehearsal(trigger, {
      agenda,
      decode: (stored) => this.events.decode(stored),
      tell: (rehearsed, memory) => {
        if (rehearsed.verdict === 'fires') memories.set(rehearsed, memory.copy());
      },
    });
    for await (const { event, takers } of this.store.history.taken([trigger.definition], { from, to })) {
      if (takers[0]!.scope !== scope) continue;
      agenda.advance(event.receivedAt.getTime());
      rehearsal.deliver(event, scope);
    }
    agenda.advance(to.getTime());
    return memories;
  }
}

function contextOf({ entries, scratch, filters, createdAt, lastActionAt }: ContextMemory): StoredContext {
  return { events: entries.map(({ stored }) => stored), scratch, filters, createdAt, lastActionAt };
}
