import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Options } from 'pino-http';
import { maskUrl } from './log-masking';

type Request = IncomingMessage & { id?: unknown; originalUrl?: string };

const PROBES = /^\/(health|ready|metrics)(\/|\?|$)/;
const SANE_ID = /^[\w.:-]{1,128}$/;

/** The id of a request: the caller's `x-request-id` if it is sane, else a new one. Also for Fastify's `genReqId`. */
export function requestId(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/** How pino-http logs a request: one line when it is over, never headers or body, and no line for a probe that is well. */
export const REQUEST_LOG: Options<Request> = {
  genReqId: requestId,
  quietReqLogger: true,
  wrapSerializers: false,
  customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
  customLogLevel: levelOf,
  customSuccessMessage: (request, response, ms) => `${lineOf(request, response)} in ${ms} ms`,
  customErrorMessage: lineOf,
  // pino-http invents an error for every status of 500 and above; the real one was logged where it was caught.
  customErrorObject: (_request, response, _error, fields: Record<string, unknown>) =>
    response.err ? fields : { res: fields['res'], duration_ms: fields['duration_ms'] },
};

/** Serializers for the two objects that pino-http logs. */
export const REQUEST_SERIALIZERS = {
  req: (request: Request) => ({ method: request.method, url: maskUrl(pathOf(request)) }),
  res: (response: ServerResponse) => ({ status: response.statusCode }),
};

function levelOf(request: Request, response: ServerResponse, error?: Error): 'error' | 'warn' | 'info' | 'debug' {
  if (response.statusCode === 503) return 'warn';
  if (error || response.statusCode >= 500) return 'error';
  return PROBES.test(pathOf(request)) ? 'debug' : 'info';
}

function lineOf(request: Request, response: ServerResponse): string {
  return `${request.method} ${maskUrl(pathOf(request))} ${response.statusCode}`;
}

function pathOf(request: Request): string {
  return request.originalUrl ?? request.url ?? '';
}
