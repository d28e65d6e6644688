import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { LoggerModule, type Params, PinoLogger } from 'nestjs-pino';
import { logTo, type ObservabilityOptions } from './log-options';
import { logRequests } from './request-log';

type AsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<ObservabilityOptions | Promise<ObservabilityOptions>>, 'inject' | 'useFactory'>;

/** Logs through pino; the app still has to say `app.useLogger(app.get(Logger))` with the `Logger` of nestjs-pino. */
@Module({})
export class ObservabilityModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly log: PinoLogger,
  ) {}

  static forRoot(options: ObservabilityOptions = {}): DynamicModule {
    return { module: ObservabilityModule, imports: [LoggerModule.forRoot(paramsOf(options))] };
  }

  static forRootAsync({ imports, inject, useFactory }: AsyncOptions): DynamicModule {
    const logger = LoggerModule.forRootAsync({
      imports,
      inject,
      useFactory: async (...dependencies: unknown[]) => paramsOf(await useFactory(...dependencies)),
    });
    return { module: ObservabilityModule, imports: [logger] };
  }

  onModuleInit(): void {
    // None in a process that serves no HTTP, such as the command line.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter?.getType() === 'fastify') logRequests(adapter.getInstance<FastifyInstance>(), this.log.logger);
  }
}

function paramsOf(options: ObservabilityOptions): Params {
  // No routes, hence no middleware: requests are logged by hooks of ours.
  return { pinoHttp: logTo(options), forRoutes: [] };
}
