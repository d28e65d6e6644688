import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { TriggerSetupError } from './errors';
import { triggersOf } from './on-event.decorator';
import type { TriggerInCode } from './trigger-registry';
import type { EventPattern } from './trigger-options';

type Provider = ReturnType<DiscoveryService['getProviders']>[number];
type Methods = Record<string, (context: unknown) => unknown>;

/** Finds the `@OnEvent` methods of all providers. */
@Injectable()
export class TriggerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  explore(): TriggerInCode<EventPattern[]>[] {
    const seen = new Set<unknown>();
    return this.discovery.getProviders().flatMap((provider) => {
      // An alias (`useExisting`) is the same object again, not a second trigger.
      if (!provider.metatype || typeof provider.instance !== 'object' || seen.has(provider.instance)) return [];
      seen.add(provider.instance);
      return this.triggersOfProvider(provider);
    });
  }

  private triggersOfProvider(provider: Provider): TriggerInCode<EventPattern[]>[] {
    const instance = provider.instance as Methods;
    const prototype = provider.instance === null ? null : (Object.getPrototypeOf(instance) as Methods | null);
    if (!prototype) return [];
    const className = prototype.constructor?.name ?? String(provider.name);
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const declarations = triggersOf(prototype[method]!);
      if (declarations.length > 0 && !provider.isDependencyTreeStatic()) {
        throw new TriggerSetupError(
          `${className} has triggers but is request-scoped, and triggers run outside of requests. Make it, and all it injects, singletons.`,
        );
      }
      return declarations.map(({ patterns, options, tunable }, index) => ({
        ...options,
        tunable,
        className,
        name: options.name ?? `${className}.${method}${index === 0 ? '' : `:${index + 1}`}`,
        on: patterns,
        handle: (context) => instance[method]!(context),
      }));
    });
  }
}
