import { HttpStatus } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/internal';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyGuard } from '@reflex/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorResponses } from '../http/error-responses';
import { EventsController } from './events.controller';

/**
 * Lets `POST /events` run its controller's method without Nest's way there, which costs as much as reading, checking and
 * encoding the event: a dozen promises for guards, pipes and interceptors. What these do for this route happens here: the
 * guard of all routes, asked about this very method, and the filter of all errors. The pipe has nothing to do, since the body
 * has no DTO: the registry checks it. Whoever adds a guard or an interceptor for all routes has to add it here.
 */
export function ingestDirectly(app: NestFastifyApplication, errors: ErrorResponses): void {
  const guard = app.get(ApiKeyGuard);
  const controller = app.get(EventsController);
  // The decorators have left on it what the guard asks for.
  const publish = Reflect.get(EventsController.prototype, 'publish') as unknown as () => void;

  const stored = async (context: ExecutionContextHost, { headers, body }: FastifyRequest): Promise<unknown> => {
    await guard.canActivate(context);
    return controller.publish(body, headers, headers['idempotency-key'] as string | undefined);
  };
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const context = new ExecutionContextHost([request, reply], EventsController, publish);
    stored(context, request).then(
      (answer) => void reply.code(HttpStatus.CREATED).send(answer),
      // oxlint-disable-next-line promise/valid-params -- an exception filter of Nest, not a promise
      (error: unknown) => errors.catch(error, context),
    );
  };
  // Nest binds its routes later than this.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (route.method === 'POST' && route.url === '/events') route.handler = handler;
    });
}
