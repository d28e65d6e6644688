import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS, type RouteAccess } from './access.decorator';
import { Access } from './access.service';
import { RouteClosed } from './errors';
import type { IdentifiedRequest } from './identified-request';

/** Stands before every route of every controller. What has neither `@Public` nor `@RequireScope` is closed. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: Access,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride<RouteAccess | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed === 'public') return true;
    // Nothing but HTTP has headers to look into; whoever adds another transport decides how it proves who it is.
    if (needed === undefined || context.getType() !== 'http') throw new RouteClosed();
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    request.principal = await this.access.assert(request.headers, needed);
    return true;
  }
}
