import { Injectable } from '@nestjs/common';
import type { Backtest, BacktestAnswer, BacktestAnswers, BacktestDifference } from '@reflex/core';
import { EventStore, type Firing, type HistoryRange, type RunRecord, UnknownTrigger } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import type { ContextMemory } from '../context/context-memory';
import type { Trigger } from '../trigger';
import { TriggerRegistry } from '../trigger-registry';
import type { Parameters } from '../tunable';
import { Agenda } from './agenda';
import { matchFirings } from './firings';
import { Rehearsal, type Rehearsed } from './rehearsal';
import { rehearsedHandler } from './rehearsed-handler';
import { warmUpOf } from './warm-up';

export interface BacktestRequest extends HistoryRange {
  trigger: string;
  /** Other values of its parameters; texts are read as the kind that the parameter has. */
  set?: Readonly<Record<string, unknown>>;
  /** How long before `from` to begin; default: as long as its condition looks back, an hour at least. */
  warmUpMs?: number;
  /** Calls the handler for what fires in both: with recorded answers of models alone, or asking one for what is not on record. */
  handlers?: 'recorded' | 'model';
}

export interface BacktestOptions {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const MOST_DIFFERENCES = 1_000;
const MOST_LOOKED_UP = 100;
const MOST_HANDLERS = 200;
const PROGRESS_EVERY = 500;

type Verdicts = Backtest['verdicts'];

interface RehearsedHistory {
  would: Rehearsed[];
  /** What the trigger remembered when it would fire, of the first so many. */
  memories: Map<Rehearsed, ContextMemory>;
  events: number;
  verdicts: Verdicts;
  /** Why it would not fire, by event that did. */
  refusals: Map<string, string>;
}

/** Runs the filter and condition of a trigger over recorded history in virtual time; nothing is published or written. */
@Injectable()
export class Backtester {
  constructor(
    private readonly store: EventStore,
    private readonly events: EventRegistry,
    private readonly triggers: TriggerRegistry,
  ) {}

  /** Throws `UnknownTrigger` when this process does not have the trigger's code, and `InvalidParameter`. */
  async run(request: BacktestRequest, options: BacktestOptions = {}): Promise<Backtest> {
    const { trigger: name, from, to, set = {} } = request;
    const tuned = this.triggers.tuned(name, set);
    if (!tuned) throw new UnknownTrigger(name);
    const { trigger, params } = tuned;
    const start = new Date(from.getTime() - (request.warmUpMs ?? warmUpOf(trigger)));
    const did = await this.store.history.firings(name, request);
    const { would, memories, events, verdicts, refusals } = await this.rehearse(trigger, request, start, did, options);
    const { both, fresh, gone } = matchFirings(would, did);
    const differences = [
      ...(await this.freshOnes(name, fresh)),
      ...gone.map((firing) => goneOne(firing, refusals.get(firing.eventId))),
    ].sort((a, b) => Date.parse(a.event.received_at) - Date.parse(b.event.received_at));
    return {
      trigger: name,
      from: from.toISOString(),
      to: to.toISOString(),
      warm_up_from: start.toISOString(),
      params,
      changed: changedOf(this.triggers.parameters(name), params),
      events,
      would_fire: would.length,
      did_fire: did.length,
      differ: differences.length,
      differences: differences.slice(0, MOST_DIFFERENCES),
      answers: request.handlers
        ? await this.answersOf(trigger, both, memories, request.handlers === 'model', options.signal)
        : null,
      verdicts,
      notes: await this.notesOn(trigger, start, did),
    };
  }

  private async rehearse(
    trigger: Trigger,
    range: HistoryRange,
    start: Date,
    did: readonly Firing[],
    { onProgress, signal }: BacktestOptions,
  ): Promise<RehearsedHistory> {
    const would: Rehearsed[] = [];
    const verdicts: Verdicts = { fires: 0, filtered: 0, deferred: 0, accumulated: 0, fails: 0 };
    const fired = new Set(did.map(({ eventId }) => eventId));
    const refusals = new Map<string, string>();
    const memories = new Map<Rehearsed, ContextMemory>();
    const fromMs = range.from.getTime();
    const agenda = new Agenda(start.getTime());
    const rehearsal = new Rehearsal(trigger, {
      agenda,
      decode: (stored) => this.events.decode(stored),
      tell: (rehearsed, memory) => {
        const { event, verdict, reason } = rehearsed;
        if (event.receivedAt.getTime() < fromMs) return;
        verdicts[verdict] += 1;
        if (verdict === 'fires') would.push(rehearsed);
        else if (fired.has(event.id)) refusals.set(event.id, `${verdict}: ${reason}`);
        if (verdict === 'fires' && memories.size < MOST_HANDLERS) memories.set(rehearsed, memory.copy());
      },
    });
    const takers = [trigger.definition];
    const whole = { ...range, from: start };
    const total = await this.store.history.count(takers, whole);
    let done = 0;
    let events = 0;
    onProgress?.(0, total);
    for await (const { event, takers: taken } of this.store.history.taken(takers, whole)) {
      signal?.throwIfAborted();
      const receivedMs = event.receivedAt.getTime();
      agenda.advance(receivedMs);
      rehearsal.deliver(event, taken[0]!.scope);
      if (receivedMs >= fromMs) events += 1;
      done += 1;
      if (done % PROGRESS_EVERY === 0) onProgress?.(done, total);
    }
    agenda.advance(range.to.getTime());
    onProgress?.(done, total);
    return { would, memories, events, verdicts, refusals };
  }

  private async answersOf(
    trigger: Trigger,
    both: readonly [Rehearsed, Firing][],
    memories: ReadonlyMap<Rehearsed, ContextMemory>,
    asksModels: boolean,
    signal?: AbortSignal,
  ): Promise<BacktestAnswers> {
    const decode = this.events.decode.bind(this.events);
    const answers: BacktestAnswer[] = [];
    for (const [{ event }, firing, memory] of both.flatMap(([one, did]) => {
      const memory = memories.get(one);
      return memory ? [[one, did, memory] as const] : [];
    })) {
      signal?.throwIfAborted();
      const surroundings = { store: this.store, decode, asksModels, signal };
      answers.push(await rehearsedHandler(trigger, { event, memory }, firing, surroundings));
    }
    const count = (verdict: BacktestAnswer['verdict']) => answers.filter((answer) => answer.verdict === verdict).length;
    return {
      from: asksModels ? 'model' : 'recorded',
      same: count('same'),
      differ: count('differs'),
      stale: count('stale'),
      fail: count('fails'),
      items: answers.filter(({ verdict }) => verdict !== 'same'),
      left_out: both.length - answers.length,
    };
  }

  private async freshOnes(trigger: string, fresh: readonly Rehearsed[]): Promise<BacktestDifference[]> {
    const differences: BacktestDifference[] = [];
    for (const { event, scope, isTick } of fresh) {
      const isLookedUp = !isTick && differences.length < MOST_LOOKED_UP;
      const run = isLookedUp
        ? (await this.store.searchRuns({ trigger, eventId: event.id, limit: 1 })).items[0]
        : undefined;
      const { id, type, source, receivedAt } = event;
      differences.push({
        change: 'new',
        event: { id, type, source, received_at: receivedAt.toISOString() },
        scope,
        timer: isTick,
        reason: isTick ? 'its time would come' : isLookedUp ? wordsOn(run) : 'the handler would run',
        run: run?.id ?? null,
      });
    }
    return differences;
  }

  private async notesOn(trigger: Trigger, start: Date, did: readonly Firing[]): Promise<string[]> {
    const notes: string[] = [];
    const { name, stateful } = trigger.definition;
    if (stateful && (trigger.condition?.parts.lookbackMs ?? null) === null) {
      notes.push(
        `What it remembered before ${start.toISOString()} is not known: it begins empty there. A longer warm-up brings it closer.`,
      );
    }
    if (did.length === 0 && (await this.store.searchRuns({ trigger: name, limit: 1 })).items.length === 0) {
      notes.push('No run of this trigger is recorded, so there is nothing to compare with.');
    }
    return notes;
  }
}

function wordsOn(run: RunRecord | undefined): string {
  if (!run) return 'no run is recorded';
  return `was ${run.outcome}${run.reason === undefined ? '' : `: ${run.reason}`}`;
}

function goneOne(
  { eventId, type, source, receivedAt, scope, isTick, runId }: Firing,
  answer?: string,
): BacktestDifference {
  return {
    change: 'gone',
    event: { id: eventId, type, source, received_at: receivedAt.toISOString() },
    scope,
    timer: isTick,
    reason: answer ?? (isTick ? 'no timer would come' : 'the trigger would not take it'),
    run: runId,
  };
}

function changedOf(defaults: Readonly<Parameters>, params: Parameters): Parameters {
  return Object.fromEntries(Object.entries(defaults).filter(([name, value]) => params[name] !== value));
}
