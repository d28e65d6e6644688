import type { CurrentRun } from '@reflex/observability';

/** What an agent remembers of what was said before. */
export interface AgentMemoryOptions {
  /** Names the conversation that a run belongs to; default: the scope of its trigger. */
  scope?: (run: CurrentRun) => string;
  /** Most of what was said before that the model gets to see again, in tokens; default 4,000. */
  window?: { tokens: number };
  /** What no longer fits is kept as a summary, which the agent's own model writes; otherwise it is left out. */
  summarize?: boolean;
}

export const DEFAULT_WINDOW_TOKENS = 4_000;
