import type * as Undici from 'undici';
import type { ModelLimits } from '../model-limits';

/** An answer that is longer than anybody should send. */
export class BodyTooLong extends Error {
  constructor(readonly limit: number) {
    super(`The answer has more than ${limit} bytes.`);
  }
}

/**
 * How the SDKs reach a provider: with a bound on connecting and on the size of the answer, and without following
 * redirects, which would carry the key to wherever they point.
 */
export function modelFetch({ connectMs, answerBytes }: ModelLimits): typeof fetch {
  // Loaded only when a model is used.
  const undici = require('undici') as typeof Undici;
  const dispatcher = new undici.Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  return async (target, init) => {
    const request = { ...init, dispatcher, redirect: 'error' } as Undici.RequestInit;
    const response = await undici.fetch(target as string | URL, request);
    const { status, statusText } = response;
    const body = response.body as unknown as ReadableStream<Uint8Array> | null;
    return new Response(body?.pipeThrough(bounded(answerBytes)), {
      status,
      statusText,
      headers: [...response.headers],
    });
  };
}

function bounded(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > limit) controller.error(new BodyTooLong(limit));
      else controller.enqueue(chunk);
    },
  });
}
