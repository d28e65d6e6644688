import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { LoggerModule, type Params, PinoLogger } from 'nestjs-pino';
import { logTo, type ObservabilityOptions } from './log-options';
import { logRequests } from './request-log';

type AsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<ObservabilityOptions | Promise<ObservabilityOptions>>, 'inject' | 'useFactory'>;

const OPTIONS = Symbol('reflex:observability-options');

@Module({})
class ObservabilityOptionsModule {}

/** Logs through pino; the app still has to say `app.useLogger(app.get(Logger))` with the `Logger` of nestjs-pino. */
@Module({})
export class ObservabilityModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly log: PinoLogger,
    @Inject(OPTIONS) private readonly options: ObservabilityOptions,
  ) {}

  static forRoot(options: ObservabilityOptions = {}): DynamicModule {
    return moduleWith({ provide: OPTIONS, useValue: options });
  }

  static forRootAsync({ imports, ...factory }: AsyncOptions): DynamicModule {
    return moduleWith({ provide: OPTIONS, ...factory }, imports);
  }

  onModuleInit(): void {
    // None in a process that serves no HTTP, such as the command line.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter?.getType() !== 'fastify') return;
    logRequests(adapter.getInstance<FastifyInstance>(), this.log.logger, this.options.requests ?? true);
  }
}

function moduleWith(provider: Provider, imports: ModuleMetadata['imports'] = []): DynamicModule {
  const options = { module: ObservabilityOptionsModule, imports, providers: [provider], exports: [OPTIONS] };
  const logger = LoggerModule.forRootAsync({
    imports: [options],
    inject: [OPTIONS],
    // No routes, hence no middleware: requests are logged by hooks of ours.
    useFactory: (given: ObservabilityOptions): Params => ({ pinoHttp: logTo(given), forRoutes: [] }),
  });
  return { module: ObservabilityModule, imports: [options, logger] };
}
