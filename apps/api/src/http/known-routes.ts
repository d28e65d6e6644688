import type { FastifyInstance } from 'fastify';

/** Remembers what is routed, so that a wrong method on a right path can be told from a wrong path. */
export class KnownRoutes {
  private readonly routes: { pattern: RegExp; methods: Set<string> }[] = [];
  private readonly byUrl = new Map<string, Set<string>>();

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => this.add(url, [method].flat()));
  }

  /** The methods of the routes that this path leads to, sorted; none when there is no such path. */
  methodsOf(url: string): string[] {
    const path = url
      .split('?', 1)[0]!
      .replace(/\/+/g, '/')
      .replace(/(.)\/$/, '$1');
    const found = this.routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]);
    return [...new Set(found)].sort();
  }

  private add(url: string, methods: string[]): void {
    const path = url.replace(/(.)\/$/, '$1');
    let known = this.byUrl.get(path);
    if (!known) {
      known = new Set();
      this.byUrl.set(path, known);
      this.routes.push({ pattern: patternOf(path), methods: known });
    }
    for (const method of methods) known.add(method);
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`);
}
