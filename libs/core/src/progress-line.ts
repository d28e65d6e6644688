/** A line of what a client watches: how far the work is, and at its end what came out or why nothing did. */
export type ProgressLine =
  { progress: { done: number; total: number } } | { result: unknown } | { error: { code: string; message: string } };
