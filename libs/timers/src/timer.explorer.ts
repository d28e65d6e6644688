import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { timersOf, type TimerDeclaration } from './on-timer.decorator';

/** Finds the `@OnTimer` methods of all providers. */
@Injectable()
export class TimerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  explore(): TimerDeclaration[] {
    const seen = new Set<object>();
    return this.discovery.getProviders().flatMap(({ metatype, instance }) => {
      const prototype: unknown =
        metatype && typeof instance === 'object' && instance && Object.getPrototypeOf(instance);
      // An alias (`useExisting`) is the same object again, not a second timer.
      if (!prototype || seen.has(instance as object)) return [];
      seen.add(instance as object);
      const methods = prototype as Record<string, object>;
      return this.scanner.getAllMethodNames(prototype).flatMap((method) => timersOf(methods[method]!));
    });
  }
}
