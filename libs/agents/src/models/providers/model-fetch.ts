import type * as Undici from 'undici';
import type { ModelLimits } from '../model-limits';

const LINE_FEED = 10;
/** Of a character as JSON writes it, with some room for what stands around the text. */
const BYTES_PER_CHARACTER = 8;

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
export function modelFetch({ connectMs, answerBytes, answerChars }: ModelLimits): typeof fetch {
  // Loaded only when a model is used.
  const undici = require('undici') as typeof Undici;
  const dispatcher = new undici.Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  return async (target, init) => {
    const request = { ...init, dispatcher, redirect: 'error' } as Undici.RequestInit;
    const response = await undici.fetch(target as string | URL, request);
    const { status, statusText } = response;
    const body = response.body as unknown as ReadableStream<Uint8Array> | null;
    return new Response(body?.pipeThrough(bounded(answerBytes, answerChars * BYTES_PER_CHARACTER)), {
      status,
      statusText,
      headers: [...response.headers],
    });
  };
}

// A line has a bound of its own, since SDKs go through all of it again with every piece of it.
function bounded(limit: number, lineLimit: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let line = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      const end = chunk.lastIndexOf(LINE_FEED);
      line = end < 0 ? line + chunk.byteLength : chunk.byteLength - end - 1;
      if (bytes > limit) controller.error(new BodyTooLong(limit));
      else if (line > lineLimit) controller.error(new BodyTooLong(lineLimit));
      else controller.enqueue(chunk);
    },
  });
}
