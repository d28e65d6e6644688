import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { malformedJson, RequestRefused } from './refusals';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, for those who check its signature. */
    rawBody?: Buffer;
  }
}

/**
 * Reads JSON bodies and refuses all others. What the JSON holds is checked where it is used: an event may hold less than
 * a signed webhook.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestRefused(415, 'unsupported_content_encoding', 'Compressed bodies are not taken. Send it as it is.');
  }
  request.rawBody = body;
  // A route without a body may still be called with the header that clients send by habit.
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw malformedJson('The body is not UTF-8. Send JSON in UTF-8.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw malformedJson(`The body is not JSON: ${sentence(error as Error)}`, error);
  }
}

// V8 quotes the text around the error, which may be anything; the position is enough.
function sentence(error: Error): string {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? 'it ends too early. Send valid JSON.' : `look at position ${position}.`;
}
