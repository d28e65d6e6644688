/** Fields whose values are secrets, by their names. */
export const SECRET = /password|passwd|token|secret|api[_-]?key|authorization|cookie/i;
// Events and statements hold what customers wrote. The log names them by id; the store has their contents.
const CONTENTS = new Set(['payload', 'body', 'sql', 'query', 'parameters']);
const DEPTH = 8;

/** A copy that is safe to log: no values of secret-looking fields, no payloads, no SQL, no binary, 8 levels at most. */
export function maskFields(fields: object, depth = 0): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) masked[name] = maskField(name, value, depth);
  return masked;
}

/** What the log keeps of an error. Drivers hang statements and parameters on theirs, so only known fields are taken. */
export function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return mask(error, depth);
  const code = (error as { code?: unknown }).code;
  const isNested = depth < 3;
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && isNested ? { cause: errorFields(error.cause, depth + 1) } : {}),
    ...(error instanceof AggregateError && isNested
      ? { errors: error.errors.slice(0, 5).map((each) => errorFields(each, depth + 1)) }
      : {}),
  };
}

const API_KEY = /rfx_([0-9a-f]{10})_[\w-]{43}/g;

const hidden = new Set<string>();

/** From now on no line of the log shows this text. For the secrets of the configuration, of which there are few. */
export function hideInLogs(text: string): void {
  hidden.add(text);
  // As it stands within a line of JSON.
  hidden.add(JSON.stringify(text).slice(1, -1));
}

/**
 * Takes the secret out of every API key of ours in a line, and out every text that was registered by `hideInLogs`,
 * wherever somebody put it: in a path, a message, an id.
 */
export function maskKeys(line: string): string {
  let masked = line.includes('rfx_') ? line.replace(API_KEY, 'rfx_$1_[redacted]') : line;
  for (const text of hidden) if (masked.includes(text)) masked = masked.replaceAll(text, '[redacted]');
  return masked;
}

/** The same for a URL's query, in which clients send all sorts of things. */
export function maskUrl(url: string): string {
  return url.replace(/([?&])([^=&]*)=([^&]*)/g, (whole, mark: string, name: string) =>
    SECRET.test(name) ? `${mark}${name}=[redacted]` : whole,
  );
}

function maskField(name: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null) return value;
  if (CONTENTS.has(name)) return '[omitted]';
  // Counts such as input_tokens are no secret.
  if (SECRET.test(name) && typeof value !== 'number' && typeof value !== 'boolean') return '[redacted]';
  return mask(value, depth);
}

function mask(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH) return '[too deep]';
  if (value instanceof Error) return errorFields(value, depth);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[binary]';
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (hasToJson(value)) return mask(value.toJSON(), depth + 1);
  return maskFields(value, depth + 1);
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}
