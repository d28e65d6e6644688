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

/** What a run tells of the models and tools it used. */
export interface RunUsage {
  model?: string;
  input_tokens: number;
  output_tokens: number;
  tool_calls: ToolCallRecord[];
  /** Answers of models that an earlier attempt of this delivery had got; their tokens are not counted again. */
  answers_reused?: number;
}
