import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusedOrigin, type OriginPolicy } from '@reflex/realtime';
import { RateLimit } from './rate-limit';
import { RequestRefused } from './refusals';
import { WaitingLine } from './waiting-line';

export interface AdmissionOptions extends OriginPolicy {
  rateLimitRequests: number;
  rateLimitWindowMs: number;
  /** Who asks, if that is known already: somebody's requests count as theirs, from wherever they come. */
  clientOf(request: FastifyRequest): string | undefined;
}

// Probes must be answered under any load, or the orchestrator kills a service that is merely busy.
const PROBES = /^\/(health|ready)\/?(\?|$)/;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
// More requests than this wait already, for their turn, their bodies or the database.
const MAX_IN_WORK = 2_000;

const STANDS = Symbol('reflex:stands');

/** An answer that stays open and is no work any more. */
export function letStand(answer: ServerResponse): void {
  answer.emit(STANDS);
}

/** Decides at the door, in one hook, which requests get in: shutdown, overload, foreign pages, rate limit. */
export class Admission {
  readonly limit: RateLimit;
  private readonly line = new WaitingLine();
  private inWork = 0;
  private closed = false;

  constructor(private readonly options: AdmissionOptions) {
    this.limit = new RateLimit(options.rateLimitRequests, options.rateLimitWindowMs);
  }

  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const isProbe = PROBES.test(request.url);
      const refusal = isProbe ? null : this.refusalOf(request);
      if (refusal) return done(refusal);
      this.inWork += 1;
      let counted = true;
      const leave = (): void => {
        if (counted) this.inWork -= 1;
        counted = false;
      };
      // Unlike Fastify's hooks, this event also comes when the client hangs up.
      reply.raw.once('close', leave).once(STANDS, leave);
      if (isProbe) done();
      else {
        this.line.enter(
          () => done(reply.raw.destroyed ? OVERLOADED : undefined),
          () => done(OVERLOADED),
        );
      }
    });
  }

  /** From now on every request but the probes is sent away. */
  close(): void {
    this.closed = true;
  }

  private refusalOf(request: FastifyRequest): RequestRefused | null {
    if (this.closed) return unavailable('shutting_down', 'The service is shutting down.');
    if (this.inWork >= MAX_IN_WORK) return OVERLOADED;

    const { host, origin } = request.headers;
    // A page may always be read from; what changes something must come from our own pages or listed ones.
    const foreign = refusedOrigin(host, SAFE.has(request.method) ? undefined : origin, this.options);
    if (foreign !== null) return new RequestRefused(403, 'origin_refused', foreign);

    const waitMs = this.limit.take(this.options.clientOf(request) ?? request.ip, performance.now());
    if (waitMs === 0) return null;
    const seconds = Math.ceil(waitMs / 1_000);
    return new RequestRefused(429, 'rate_limited', `Too many requests. Come back in ${seconds} s.`, {
      retryAfterSeconds: seconds,
    });
  }
}

function unavailable(code: string, why: string): RequestRefused {
  return new RequestRefused(503, code, `${why} Nothing was stored; send it again in a few seconds.`, {
    retryAfterSeconds: 2,
  });
}

// One for all: an error of its own for each would cost as much as many a request.
const OVERLOADED = unavailable('overloaded', 'The service has too much to do.');
