import type { ToolCallRecord } from '@reflex/core';
import type { CurrentRun } from '@reflex/observability';

const turns = new WeakMap<CurrentRun, number>();

/** Lets those who follow the current attempt see what an agent does. */
export class Telling {
  constructor(
    private readonly agent: string,
    private readonly run: CurrentRun | undefined,
  ) {}

  /** Begins a new text: each answer of a model is one, also one that breaks off. */
  newText(): (text: string) => void {
    const { run, agent } = this;
    if (!run?.tell) return () => undefined;
    const turn = (turns.get(run) ?? 0) + 1;
    turns.set(run, turn);
    return (text) => run.tell!({ type: 'token', agent, turn, text });
  }

  toolStarted(callId: string, { tool, input }: ToolCallRecord): void {
    this.run?.tell?.({ type: 'tool', agent: this.agent, call_id: callId, tool, status: 'started', input });
  }

  toolEnded(callId: string, { tool, output, error, duration_ms }: ToolCallRecord): void {
    const about = { type: 'tool' as const, agent: this.agent, call_id: callId, tool, duration_ms };
    this.run?.tell?.(
      error === undefined ? { ...about, status: 'done', output } : { ...about, status: 'failed', error },
    );
  }
}
