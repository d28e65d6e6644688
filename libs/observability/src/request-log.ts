import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TokenBucket } from '@reflex/core';
import type { Logger } from 'pino';
import { maskUrl } from './log-masking';

const PROBES = /^\/(health|ready|metrics)(\/|\?|$)/;
// An overloaded service that wrote a line for each refusal would mostly write lines.
const MOST_WARNINGS_PER_SECOND = 10;
const SANE_ID = /^[\w.:-]{1,128}$/;

const requestIds = new AsyncLocalStorage<string>();

/** The id of a request: the caller's `x-request-id` if it is sane, else a new one. Give it to Fastify as `genReqId`. */
export function requestId(request: { headers: IncomingHttpHeaders }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/** The request that the calling code answers, or `undefined` outside of any. */
export function currentRequestId(): string | undefined {
  return requestIds.getStore();
}

/**
 * Logs one line when a request is over: never headers or body. Requests that went well are logged at debug level only
 * unless `everyRequest` is set, probes always; of what was unavailable, ten lines a second are warnings.
 * Hooks instead of pino-http's middleware, which costs 20 µs a request: two child loggers, and all of middie.
 */
export function logRequests(fastify: FastifyInstance, logger: Logger, everyRequest: boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // So that a person who complains can name the request, and we can find it in the log.
    reply.header('x-request-id', request.id);
    done();
  });
  // Not earlier: reading the body leaves the asynchronous context.
  fastify.addHook('preValidation', (request, _reply, done) => requestIds.run(request.id, done));
  const warnings = new TokenBucket(MOST_WARNINGS_PER_SECOND, MOST_WARNINGS_PER_SECOND / 1_000, performance.now());
  fastify.addHook('onResponse', (request, reply, done) => {
    const wanted = levelOf(request, reply, everyRequest);
    const level = wanted === 'warn' && warnings.take(performance.now()) > 0 ? 'debug' : wanted;
    if (logger.isLevelEnabled(level)) logger[level](fieldsOf(request, reply), lineOf(request, reply));
    done();
  });
}

type Level = 'error' | 'warn' | 'info' | 'debug';

function levelOf(request: FastifyRequest, reply: FastifyReply, everyRequest: boolean): Level {
  // The error itself was logged where it was caught.
  if (reply.statusCode === 503) return 'warn';
  if (reply.statusCode >= 500) return 'error';
  return everyRequest && !PROBES.test(request.originalUrl) ? 'info' : 'debug';
}

function fieldsOf(request: FastifyRequest, reply: FastifyReply): object {
  return {
    request_id: request.id,
    method: request.method,
    url: maskUrl(request.originalUrl),
    status: reply.statusCode,
    duration_ms: Math.round(reply.elapsedTime),
  };
}

function lineOf(request: FastifyRequest, reply: FastifyReply): string {
  return `${request.method} ${maskUrl(request.originalUrl)} ${reply.statusCode} in ${Math.round(reply.elapsedTime)} ms`;
}
