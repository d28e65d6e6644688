import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Scope } from './scope';

export const ACCESS = 'reflex:access';

/** Who may call a route. */
export type RouteAccess = 'public' | Scope;

/** Everybody may call it, without a key. */
export function Public(): CustomDecorator {
  return SetMetadata(ACCESS, 'public' satisfies RouteAccess);
}

/** Only those with a key that has the scope may call it. */
export function RequireScope(scope: Scope): CustomDecorator {
  return SetMetadata(ACCESS, scope satisfies RouteAccess);
}
