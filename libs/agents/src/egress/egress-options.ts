import type { ResolveHost } from './vetted-lookup';

export interface EgressOptions {
  /** Networks that are not public but may be reached, such as `127.0.0.1/32` in development; link-local ones never. */
  networks?: string[];
  /** How names become addresses; default the system's way. */
  resolve?: ResolveHost;
}

export const EGRESS_OPTIONS = Symbol('reflex:egress-options');
