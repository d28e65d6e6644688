import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Access } from '@reflex/auth';
import { requestId } from '@reflex/observability';
import { Logger } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import { AppModule, type ServiceSettings } from './app.module';
import { isLoopback, listenHost } from './config';
import { describeApi } from './explorer/api-explorer';
import { ingestDirectly } from './events/direct-ingest';
import { Admission } from './http/admission';
import { answerBrokenRequest, answerBrokenUrl } from './http/broken-request';
import { DrainingAdapter } from './http/draining-adapter';
import { ErrorResponses } from './http/error-responses';
import { acceptJsonOnly } from './http/json-body';
import { KnownRoutes } from './http/known-routes';
import type { RateLimit } from './http/rate-limit';
import { sendSecurityHeaders } from './http/security-headers';
import { SharedBuckets } from './http/shared-buckets';
import { ValidRequest } from './http/valid';
import { quiet } from './quiet-logger';

const MAX_BODY_BYTES = 256 * 1024;
const MAX_PARAM_LENGTH = 512;

/** The service as a Nest application that does not listen yet. */
export async function createApp(settings: ServiceSettings, domain?: DynamicModule[]): Promise<NestFastifyApplication> {
  let access: Access | undefined;
  let securityHeaders: Record<string, string> = {};
  const admission = new Admission({
    allowedOrigins: settings.allowedOrigins,
    loopbackOnly: isLoopback(listenHost(settings)),
    rateLimitRequests: settings.rateLimitRequests,
    rateLimitWindowMs: settings.rateLimitWindow * 1_000,
    clientOf: ({ headers }) => access?.known(headers)?.keyId ?? undefined,
  });
  const adapter = new DrainingAdapter(admission, {
    bodyLimit: MAX_BODY_BYTES,
    genReqId: requestId,
    requestTimeout: 15_000,
    http: { connectionsCheckingInterval: 5_000 },
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    trustProxy: settings.trustedProxies.length > 0 ? settings.trustedProxies : false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => answerBrokenUrl(error, request, reply.headers(securityHeaders)),
  });
  const fastify = adapter.getInstance();
  securityHeaders = await sendSecurityHeaders(fastify);
  const routes = new KnownRoutes(fastify);
  admission.guard(fastify);
  acceptJsonOnly(fastify);

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(settings, domain), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: false,
  });
  access = app.get(Access);
  shareRateLimit(app, admission.limit);
  app.useLogger(quiet(app.get(Logger)));
  const errors = new ErrorResponses(routes);
  app.useGlobalFilters(errors);
  app.useGlobalPipes(new ValidRequest());
  if (settings.role !== 'worker') ingestDirectly(app, errors);
  if (settings.allowedOrigins.length > 0) app.enableCors({ origin: settings.allowedOrigins, maxAge: 600 });
  if (settings.environment !== 'production' && settings.role !== 'worker') describeApi(app);
  return app;
}

function shareRateLimit(app: NestFastifyApplication, limit: RateLimit): void {
  if (limit.requests === 0) return;
  const shared = new SharedBuckets(app.get(DataSource), limit);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onClose', () => shared.stop());
}
