import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { malformedJson, RequestRefused, unsupportedMediaType } from './refusals';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, for those who check its signature. */
    rawBody?: Buffer;
  }
}

type Done = (error: Error | null, value?: unknown) => void;

const JSON_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];
const OTHER_JSON = /^application\/[\w.-]+\+json(;|$)/;

/**
 * Reads JSON bodies and refuses all others. What the JSON holds is checked where it is used: an event may hold less than
 * a signed webhook.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const read = (request: FastifyRequest, body: Buffer, done: Done): void => {
    try {
      done(null, parseBody(request, body));
    } catch (error) {
      done(error as Error);
    }
  };
  fastify.addContentTypeParser<Buffer>(JSON_TYPES, { parseAs: 'buffer' }, read);
  fastify.addContentTypeParser<Buffer>(OTHER_JSON, { parseAs: 'buffer' }, (request, body, done) => {
    // Only a CloudEvent in binary mode names the type of its data here.
    if (request.headers['ce-specversion'] === undefined) done(unsupportedMediaType());
    else read(request, body, done);
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
