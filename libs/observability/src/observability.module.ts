import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type DynamicModule,
  type FactoryProvider,
  type MiddlewareConsumer,
  Module,
  type ModuleMetadata,
  type NestModule,
  RequestMethod,
} from '@nestjs/common';
import { LoggerModule, type Params } from 'nestjs-pino';
import { logTo, type ObservabilityOptions } from './log-options';

type AsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<ObservabilityOptions | Promise<ObservabilityOptions>>, 'inject' | 'useFactory'>;

// nestjs-pino's own default, `{/*splat}`, matches no route under @fastify/middie 9.3: requests would go unlogged.
const EVERY_ROUTE = { path: '{*path}', method: RequestMethod.ALL };

/** Logs through pino; the app still has to say `app.useLogger(app.get(Logger))` with the `Logger` of nestjs-pino. */
@Module({})
export class ObservabilityModule implements NestModule {
  static forRoot(options: ObservabilityOptions = {}): DynamicModule {
    const module = options.requests === false ? LogModule : ObservabilityModule;
    return { module, imports: [LoggerModule.forRoot(paramsOf(options))] };
  }

  static forRootAsync({ imports, inject, useFactory }: AsyncOptions): DynamicModule {
    const logger = LoggerModule.forRootAsync({
      imports,
      inject,
      useFactory: async (...dependencies: unknown[]) => paramsOf(await useFactory(...dependencies)),
    });
    return { module: ObservabilityModule, imports: [logger] };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(answerWithRequestId).forRoutes(EVERY_ROUTE);
  }
}

/** The log without the middleware. */
@Module({})
class LogModule {}

/** So that a person who complains can name the request, and we can find it in the log. */
function answerWithRequestId(
  request: IncomingMessage & { id?: unknown },
  response: ServerResponse,
  next: () => void,
): void {
  if (typeof request.id === 'string') response.setHeader('x-request-id', request.id);
  next();
}

function paramsOf(options: ObservabilityOptions): Params {
  return { pinoHttp: logTo(options), forRoutes: options.requests === false ? [] : [EVERY_ROUTE] };
}
