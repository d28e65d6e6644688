/** One call of a tool, as the run keeps it. */
export interface ToolCallRecord {
  tool: string;
  input: unknown;
  output?: unknown;
  error?: string;
  /** Not called: an earlier attempt of this delivery had done it. */
  reused?: boolean;
  duration_ms: number;
}

/** What one agent used in a run. */
export interface AgentUsage {
  agent: string;
  /** How often it was called. */
  runs: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd?: number;
  duration_ms: number;
}

/** What a run tells of the models and tools it used. */
export interface RunUsage {
  model?: string;
  input_tokens: number;
  output_tokens: number;
  /** US dollars, of the answers whose model has a price. */
  cost_usd?: number;
  tool_calls: ToolCallRecord[];
  /** Answers of models that an earlier attempt of this delivery had got; their tokens are not counted again. */
  answers_reused?: number;
  /** A budget was used up, and the cheaper model went on. */
  degraded?: true;
  /** The same for each agent that took part. */
  agents?: AgentUsage[];
}
