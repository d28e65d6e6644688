import { plainJson } from './plain-json';
import { asText, capped } from './prompt';

/** Most characters of a tool's result or error that reach the model, the run's record and the ledger. */
const MAX_RESULT_CHARS = 16_000;
/** What was shortened before is a little longer, by the words that say so, and stays as it is. */
const WORDS = 50;

/** What a tool returned, as it is kept and shown: what is too long becomes text with its middle left out. */
export function recordable(output: unknown): unknown {
  const json = plainJson(output);
  const text = asText(json);
  return text.length > MAX_RESULT_CHARS + WORDS ? capped(text, MAX_RESULT_CHARS) : json;
}

/** What an error says, as it is kept and shown. */
export function errorText(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  const text = typeof message === 'string' ? message : String(error);
  return plainJson(capped(text, MAX_RESULT_CHARS)) as string;
}

export function effectError(error: unknown): { code: string; message: string } {
  const { code } = (error ?? {}) as { code?: unknown };
  return { code: typeof code === 'string' ? code : 'error', message: errorText(error) };
}
