import type { Provider, Type } from '@nestjs/common';
import type { BenchOptions } from '@reflex/agents/testing';
import { recordedModels, recordedTools, RecordingOutdated } from '@reflex/agents/testing';
import type { RecordedCall, RecordedEvent, RecordedStep, RunRecording } from '@reflex/core';
import { type EventClass, EventRegistry } from '@reflex/events';
import type { StoredContext, StoredEvent } from '@reflex/event-store';
import { fire } from '@reflex/triggers/testing';
import { firedOf, openTriggers } from './fire-trigger';

export interface ReplayRunOptions {
  /** The class with the trigger. */
  trigger: Type;
  /** Classes of the events that it gets and waits for, if `@OnEvent` does not name them. */
  events?: readonly EventClass[];
  /** What its constructor asks for. Agents and their tools are added; the tools are not called. */
  providers?: Provider[];
  imports?: BenchOptions['imports'];
  /** `any` lets the recorded answers count although the prompt or the tools are others; default `same`. */
  questions?: 'same' | 'any';
}

/** What the run comes to now, in the form of its recording. */
export interface ReplayedRun {
  result: unknown;
  calls: RecordedCall[];
  /** `null` when the recording does not know it either. */
  published: Record<string, unknown>[] | null;
}

/**
 * Runs a trigger again as it was recorded: the event, what the trigger remembered, the answers of the models and of the
 * tools. Nothing is asked and nothing happens. Throws `RecordingOutdated`, which says what differs, when the answers no
 * longer fit.
 */
export async function replayRun(given: object, options: ReplayRunOptions): Promise<ReplayedRun> {
  const recording = recordingOf(given);
  const { talks, calls, steps, run } = recording;
  let difference: RecordingOutdated | undefined;
  const onDifference = (error: RecordingOutdated): void => void (difference ??= error);
  const { questions = 'same', trigger, providers, imports } = options;
  const app = await openTriggers(trigger, {
    model: recordedModels(talks, { questions, onDifference }),
    tools: recordedTools(talks, calls, onDifference),
    strictTools: false,
    providers,
    imports,
    before: memoriesIn(steps),
  });
  try {
    app.get(EventRegistry).register(options.events ?? []);
    const fired = firedOf(
      await fire(app, {
        trigger: run.trigger,
        event: storedEvent(recording.event),
        scope: run.scope,
        attempt: run.attempt,
        context: storedContext(recording),
        effects: steps.map(effectOf),
      }),
    );
    if (difference) throw difference;
    return {
      result: fired.result,
      calls: JSON.parse(JSON.stringify(fired.calls.map(callOf))) as RecordedCall[],
      published: recording.published && fired.published,
    };
  } catch (error) {
    throw difference ?? error;
  } finally {
    await app.close();
  }
}

/** As the recording keeps a call. */
function callOf({ tool, input, output, error }: { tool: string; input: unknown; output?: unknown; error?: string }) {
  return { tool, input, output, error };
}

function recordingOf(given: object): RunRecording {
  const { version } = given as Partial<RunRecording>;
  if (version === 1) return given as RunRecording;
  throw new RecordingOutdated(
    `This is no recording of version 1, but of ${JSON.stringify(version)}. Export the run again: npx reflex runs export <id> --as-test.`,
  );
}

function storedEvent({ timestamp, received_at, ...event }: RecordedEvent): StoredEvent {
  return { ...event, timestamp: new Date(timestamp), receivedAt: new Date(received_at) };
}

function storedContext({ context }: RunRecording): StoredContext | undefined {
  if (!context) return undefined;
  const { events, scratch, filters, created_at, last_action_at } = context;
  return {
    events: events.map(storedEvent),
    scratch,
    filters,
    createdAt: new Date(created_at),
    lastActionAt: last_action_at === null ? null : new Date(last_action_at),
  };
}

/** What agents remembered, by their names. */
function memoriesIn(steps: readonly RecordedStep[]): BenchOptions['before'] {
  const memories = steps.flatMap(({ key, name, result }) =>
    key.startsWith('memory:') ? [[name.replace(/^memory of /, ''), result] as const] : [],
  );
  // Of several runs of an agent, what the first one knew: the others add to it.
  return Object.fromEntries(memories.toReversed()) as unknown as BenchOptions['before'];
}

function effectOf({ key, kind, name, result }: RecordedStep) {
  const about = { key, kind, name, result, effect: 'none' as const, status: 'done' as const };
  return { ...about, id: '0', argsHash: null, input: null, error: null, attempt: 1, startedAt: new Date(0) };
}
