/** Bounds of one answer of a model. */
export interface ModelLimits {
  /** Until a connection to the provider stands. */
  connectMs: number;
  /** Until the first piece of the answer, and between any two of them. */
  firstTokenMs: number;
  /** Until the answer is complete. */
  totalMs: number;
  /** Most tokens that the model is asked to write, and that are reserved for it; an answer that it cuts off is an error. */
  outputTokens: number;
  /** Most characters of an answer, tool calls included. */
  answerChars: number;
  /** Most bytes of an answer on the wire, whatever is in them. */
  answerBytes: number;
}

export const DEFAULT_MODEL_LIMITS: ModelLimits = {
  connectMs: 10_000,
  firstTokenMs: 60_000,
  totalMs: 300_000,
  outputTokens: 8_192,
  answerChars: 256 * 1024,
  // A token of four characters comes in some 250 bytes.
  answerBytes: 32 * 1024 * 1024,
};
