import type { InjectionToken } from '@nestjs/common';
import { AgentSetupError } from '../errors';

/** Asked of every provider by Nest, and of everything that is awaited. */
const ASKED_BY_NEST =
  /^(then|constructor|onModuleInit|onModuleDestroy|onApplicationBootstrap|onApplicationShutdown|beforeApplicationShutdown)$/;

/** Stands where a test gives no provider: whoever uses it is told so. */
export function standIn(token: InjectionToken | undefined): object {
  const name = typeof token === 'function' ? token.name : String(token);
  return new Proxy(
    {},
    {
      get: (_target, property) => {
        if (typeof property === 'symbol' || ASKED_BY_NEST.test(property)) return undefined;
        throw new AgentSetupError(
          `This test uses ${name}.${property}, but brings no ${name}. Add { provide: ${name}, useValue: … } to its providers.`,
        );
      },
    },
  );
}
