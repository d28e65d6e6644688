import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Connections } from './egress-client';
import { assertAllowed, hostOf, type EgressRule } from './egress-rule';
import { EgressFailed, EgressRefused } from './errors';
import type { SecretRef } from './secret';
import { revealed, type Secrets } from './secrets';

const MAX_BYTES = 4 * 1024 * 1024;

export interface VettedFetchOptions {
  rule: EgressRule;
  secrets: Secrets;
  connect: () => Promise<Connections>;
  assertAddress: (url: URL) => void;
  headers: Readonly<Record<string, string | SecretRef>>;
}

/**
 * A `fetch` within the bounds of the `EgressClient`, for protocols that stream. Redirects are not followed here: whoever
 * follows one comes by again and is vetted again.
 */
export function vettedFetch({ rule, secrets, connect, assertAddress, headers }: VettedFetchOptions): FetchLike {
  return async (target, init = {}) => {
    const url = new URL(target);
    assertAllowed(url, rule, secrets);
    assertAddress(url);
    const own = Object.entries(headers).map(([name, value]) => [name, revealed(value, secrets)] as const);
    const all = Object.fromEntries([...new Headers(init.headers), ...own]);
    const { undici, dispatcher } = await connect();
    try {
      const { method, body, signal } = init as { method?: string; body?: string; signal?: AbortSignal };
      const response = await undici.fetch(url, { method, body, signal, headers: all, redirect: 'manual', dispatcher });
      const bounded = response.body && (response.body as ReadableStream<Uint8Array>).pipeThrough(upTo(MAX_BYTES, url));
      // The global class, which is what the SDK knows; of the statuses without a body it wants none.
      return new Response(bounded, { status: response.status, headers: [...response.headers] });
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      if (cause instanceof EgressRefused) throw cause;
      throw new EgressFailed(`${hostOf(url)} cannot be reached: ${secrets.redact(String(cause ?? error))}`);
    }
  };
}

function upTo(limit: number, url: URL): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size <= limit) controller.enqueue(chunk);
      else controller.error(new EgressFailed(`${hostOf(url)} answered with more than ${limit / 1024 / 1024} MiB.`));
    },
  });
}
