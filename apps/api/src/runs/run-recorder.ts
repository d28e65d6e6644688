import { Injectable } from '@nestjs/common';
import { AgentRegistry } from '@reflex/agents';
import {
  type JsonObject,
  type JsonValue,
  NotFound,
  type RecordedCall,
  type RecordedEvent,
  ReflexError,
  type RunRecording,
} from '@reflex/core';
import { type Effect, EventStore, type RunRecord, type StoredContext, type StoredEvent } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { Redactor } from '@reflex/observability';
import { ContextRecaller, TriggerRegistry } from '@reflex/triggers';
import { recordedTalks } from './recorded-talks';

const PAGE = 1_000;
const MOST_EFFECTS = 5_000;
const MOST_FOLLOW_UPS = 100;

/** The run cannot be put together again. */
export class RunNotRecorded extends ReflexError {
  readonly code = 'run_not_recorded';
  override readonly status = 409;
}

/** Puts together what a run was given and did, from what is kept of it. */
@Injectable()
export class RunRecorder {
  constructor(
    private readonly store: EventStore,
    private readonly triggers: TriggerRegistry,
    private readonly agents: AgentRegistry,
    private readonly events: EventRegistry,
    private readonly contexts: ContextRecaller,
  ) {}

  /** Throws `NotFound` and `RunNotRecorded`. */
  async record(id: string): Promise<RunRecording> {
    const run = await this.completedRun(id);
    const trigger = this.triggers.get(run.trigger);
    const triggerClass = this.triggers.classNameOf(run.trigger);
    if (!trigger || triggerClass === undefined) {
      throw new RunNotRecorded(`This process has no class with a trigger "${run.trigger}". Ask one that has its code.`);
    }
    const recalled = await this.contexts.recall(trigger, run);
    if (!recalled) throw new RunNotRecorded('Its event is no longer kept. Export a newer run.');
    const { event, context } = recalled;
    if (trigger.definition.stateful && !context) {
      throw new RunNotRecorded(
        `What "${run.trigger}" remembered then cannot be worked out: its filter or condition is another one by now, or there were too many events. Export a newer run.`,
      );
    }
    const effects = await this.effectsOf(run);
    const talks = recordedTalks(effects);
    if (run.usage?.model !== undefined && talks.length === 0) {
      throw new RunNotRecorded('The answers of its models are no longer kept. Export a newer run.');
    }
    const recording = {
      event: eventJson(event),
      context: context && contextJson(context),
      talks,
      calls: (run.usage?.tool_calls ?? []).map(
        ({ tool, input, output, error }) => ({ tool, input, output, error }) as RecordedCall,
      ),
      steps: effects
        .filter(({ kind, status }) => (kind === 'step' || kind === 'wait') && status === 'done')
        .map(({ key, kind, name, result }) => ({ key, kind, name, result })),
      result: (run.result ?? null) as JsonValue,
      published: await this.publishedBy(event),
    };
    const redactor = new Redactor();
    const { scope, attempt, startedAt } = run;
    const about = { id: run.id, trigger: run.trigger, scope, attempt, started_at: startedAt.toISOString() };
    const safe = redactor.redact({ run: about, ...recording });
    return {
      version: 1,
      ...safe,
      trigger_class: triggerClass,
      agent_classes: this.classesOf(talks.map(({ agent }) => agent)),
      event_classes: this.eventClassesOf(recording),
      redacted: redactor.counts,
    };
  }

  private async completedRun(id: string): Promise<RunRecord> {
    const run = await this.store.findRun(id);
    if (!run) throw new NotFound('There is no run with this id. Search with GET /runs.');
    if (run.outcome === 'completed') return run;
    throw new RunNotRecorded(
      `This run is ${run.outcome}: only one that completed can be run again. Search with GET /runs?outcome=completed.`,
    );
  }

  /** Of the newest replay, oldest first. */
  private async effectsOf({ trigger, eventId }: RunRecord): Promise<Effect[]> {
    const effects: Effect[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.effects.list({ trigger, eventId, limit: PAGE, cursor });
      effects.push(...page.items);
      cursor = page.nextCursor ?? undefined;
      if (effects.length > MOST_EFFECTS) {
        throw new RunNotRecorded(`It has more than ${MOST_EFFECTS} calls and answers. Export a smaller run.`);
      }
    } while (cursor !== undefined);
    const replay = Math.max(0, ...effects.map((effect) => effect.replay));
    return effects.filter((effect) => effect.replay === replay).toReversed();
  }

  /** `null` when handlers came to their end more than once, so that nobody knows whose a follow-up is. */
  private async publishedBy({ id, meta }: StoredEvent): Promise<JsonObject[] | null> {
    const { items } = await this.store.searchRuns({ eventId: id, outcome: 'completed', limit: 2 });
    if (items.length !== 1) return null;
    const { correlation_id: correlationId } = meta;
    const published: JsonObject[] = [];
    for await (const event of this.store.read({ correlationId, order: 'oldest' })) {
      if (event.meta.causation_id !== id) continue;
      published.push({ type: event.type, ...(event.payload as JsonObject) });
      if (published.length > MOST_FOLLOW_UPS) return null;
    }
    return published;
  }

  private eventClassesOf({ event, context, steps }: Pick<RunRecording, 'event' | 'context' | 'steps'>): string[] {
    const awaited = steps.flatMap(({ kind, name }) => (kind === 'wait' ? [name] : []));
    const types = new Set([event.type, ...(context?.events ?? []).map(({ type }) => type), ...awaited]);
    const builtIn = new EventRegistry();
    return [...types].flatMap((type) => (builtIn.classOf(type) ? [] : (this.events.classOf(type)?.name ?? [])));
  }

  private classesOf(agents: readonly string[]): string[] {
    return [...new Set(agents)].flatMap((name) => this.agents.classNameOf(name) ?? []);
  }
}

function eventJson({ receivedAt, timestamp, payload, meta, ...event }: StoredEvent): RecordedEvent {
  const { id, type, source } = event;
  const times = { timestamp: timestamp.toISOString(), received_at: receivedAt.toISOString() };
  return { id, type, source, ...times, meta: { ...meta }, payload: payload as JsonObject };
}

function contextJson({ events, scratch, filters, createdAt, lastActionAt }: StoredContext) {
  return {
    events: events.map(eventJson),
    scratch: scratch as JsonObject,
    filters: filters as JsonObject,
    created_at: createdAt.toISOString(),
    last_action_at: lastActionAt?.toISOString() ?? null,
  };
}
