import { RetryLater } from '@reflex/core';
import type { ToolCall } from '@reflex/agents';

export interface PostOptions {
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_QUOTED_CHARS = 200;

/**
 * Posts JSON with the call's key as `Idempotency-Key`, and returns what the answer holds, parsed if it is JSON. A server
 * that asks to come back later puts off the whole attempt; any other fault is an error that the agent gets to read.
 */
export async function postJson(url: string, body: object, call: ToolCall, options: PostOptions = {}): Promise<unknown> {
  // The URL itself may hold a secret, as those of Slack do; so nothing of it but the host is told.
  const { host } = new URL(url);
  const { status, retryAfter, text } = await send(url, body, call, {
    host,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });
  if (status < 300) return jsonOr(text);
  const delayMs = Number(retryAfter ?? Number.NaN) * 1_000;
  if ((status === 429 || status === 503) && Number.isFinite(delayMs)) {
    throw new RetryLater(`${host} asks to come back in ${delayMs / 1_000} s.`, delayMs);
  }
  throw new Error(`${host} answered ${status}: ${text.slice(0, MAX_QUOTED_CHARS)}`);
}

async function send(
  url: string,
  body: object,
  call: ToolCall,
  { host, timeoutMs }: { host: string; timeoutMs: number },
) {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': call.key },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([call.signal, timeout]),
    });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
  } catch (error) {
    call.signal.throwIfAborted();
    const what = timeout.aborted ? `did not answer in ${timeoutMs} ms` : 'cannot be reached';
    throw new Error(`${host} ${what}.`, { cause: error });
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Slack says "ok", which is fine.
    return text;
  }
}
