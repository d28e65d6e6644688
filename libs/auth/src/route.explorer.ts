import { Injectable, RequestMethod, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS } from './access.decorator';
import { RouteWithoutAccess } from './errors';

/** Fails the start when somebody forgot to say who may call a route. The guard would refuse it anyway. */
@Injectable()
export class RouteExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const undecided = this.discovery.getControllers().flatMap(({ metatype }) => {
      return typeof metatype === 'function' ? this.undecidedOf(metatype as new () => object) : [];
    });
    if (undecided.length > 0) throw new RouteWithoutAccess(undecided);
  }

  private undecidedOf(controller: new () => object): string[] {
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name]!;
      const path = this.reflector.get<string | string[] | undefined>(PATH_METADATA, handler);
      if (path === undefined || this.reflector.getAllAndOverride(ACCESS, [handler, controller])) return [];
      const method = RequestMethod[this.reflector.get<RequestMethod>(METHOD_METADATA, handler)];
      const base = this.reflector.get<string | string[] | undefined>(PATH_METADATA, controller);
      const route = [base, path].flatMap((part) => [part].flat()[0] ?? '').join('/');
      return [`${method} /${route.replace(/^\/+|\/+$/g, '')} (${controller.name}.${name})`];
    });
  }
}
