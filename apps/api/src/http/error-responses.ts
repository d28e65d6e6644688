import { STATUS_CODES } from 'node:http';
import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { NotAuthenticated, ScopeMissing } from '@reflex/auth';
import { ReflexError, RetryLater, type ErrorEnvelope } from '@reflex/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KnownRoutes } from './known-routes';
import { RequestRefused } from './refusals';

interface ErrorResponse {
  status: number;
  error: ErrorEnvelope['error'];
  headers?: Record<string, string>;
}

// For what is unavailable without knowing for how long.
const RETRY_AFTER_SECONDS = 3;

const FASTIFY_ERRORS: Record<string, Omit<ErrorResponse, 'headers'>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    error: { code: 'body_too_large', message: 'The body is larger than 256 KiB. Send less at once.' },
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    error: { code: 'unsupported_media_type', message: 'Send JSON with the header "Content-Type: application/json".' },
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    error: { code: 'wrong_content_length', message: 'The body is not as long as its Content-Length says. Correct it.' },
  },
};

/** Turns whatever was thrown into the one error envelope. Nobody outside sees a stack, SQL or the text of a surprise. */
@Catch()
export class ErrorResponses implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly routes: KnownRoutes) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const { status, error, headers } = this.explain(thrown, request);
    void reply
      .status(status)
      .headers({ ...headers, 'content-type': 'application/json; charset=utf-8' })
      .send({ error });
  }

  private explain(thrown: unknown, request: FastifyRequest): ErrorResponse {
    if (thrown instanceof ReflexError) return this.ofReflex(thrown, request);
    const fastify = fastifyCode(thrown) ?? fastifyCode((thrown as Error | undefined)?.cause);
    if (fastify !== undefined && FASTIFY_ERRORS[fastify]) return FASTIFY_ERRORS[fastify];
    if (isUnrouted(thrown, request)) return this.notRouted(request);
    if (thrown instanceof HttpException && thrown.getStatus() !== 500) {
      return ofStatus(thrown.getStatus(), thrown.message);
    }
    return this.unexpected(thrown, request);
  }

  private ofReflex(error: ReflexError, request: FastifyRequest): ErrorResponse {
    if (error.status === 500) return this.unexpected(error, request);
    const { status, code, message, details } = error;
    return { status, error: { code, message, details }, headers: headersOf(error) };
  }

  private notRouted({ method, url }: FastifyRequest): ErrorResponse {
    const allowed = this.routes.methodsOf(url);
    const path = url.split('?', 1)[0]!.slice(0, 200);
    if (allowed.length === 0) {
      const message = `There is nothing at ${path}. The README and /docs list what there is.`;
      return { status: 404, error: { code: 'route_not_found', message } };
    }
    const allow = allowed.join(', ');
    const message = `${method} does not work on ${path}. Use ${allow}.`;
    return {
      status: 405,
      error: { code: 'method_not_allowed', message, details: { allow: allowed } },
      headers: { allow },
    };
  }

  private unexpected(thrown: unknown, request: FastifyRequest): ErrorResponse {
    const route = `${request.method} ${request.routeOptions?.url ?? request.url.split('?', 1)[0]}`;
    const stack = thrown instanceof Error ? thrown.stack : String(thrown);
    this.logger.error(`${route} failed (request ${request.id}): ${stack}`);
    const message = `Something went wrong on our side. Report it with the request id ${request.id}.`;
    return { status: 500, error: { code: 'internal_error', message, details: { request_id: request.id } } };
  }
}

function headersOf(error: ReflexError): Record<string, string> {
  if (error instanceof RequestRefused || error instanceof NotAuthenticated || error instanceof ScopeMissing) {
    return error.headers;
  }
  if (error instanceof RetryLater) return { 'retry-after': String(Math.ceil(error.delayMs / 1_000)) };
  return error.status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
}

// The same exception may also come from a controller of the owner, who then chose the message.
function isUnrouted(thrown: unknown, request: FastifyRequest): boolean {
  return thrown instanceof NotFoundException && thrown.message.startsWith(`Cannot ${request.method} `);
}

function fastifyCode(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.startsWith('FST_') ? code : undefined;
}

function ofStatus(status: number, message: string): ErrorResponse {
  const code = (STATUS_CODES[status] ?? 'error').toLowerCase().replace(/\W+/g, '_');
  return { status, error: { code, message } };
}
