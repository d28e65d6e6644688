import { Controller, Get, Module } from '@nestjs/common';
import { version as nestVersion } from '@nestjs/core/package.json';
import { startTestService } from '../../apps/api/src/testing/test-service';
import { accessOf, readSettings } from '../../apps/api/src/config';
import { startService } from '../../apps/api/src/service';
import { guardedService, pathOf, type GuardedService, type Route } from './guarded-service';

let bed: GuardedService;
let routes: Route[];

beforeAll(async () => {
  bed = await guardedService();
  routes = bed.routes;
});
afterAll(() => bed.stop());

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** All that is open to everybody. A new one is added here by somebody who has thought about it. */
const PUBLIC = [/^\/health$/, /^\/ready$/, /^\/webhooks\//, /^\/docs($|\/|-)/, /^\/asyncapi\.json$/];
const REFUSED = [401, 403, 404, 405];

const isPublic = ({ url }: Route): boolean => PUBLIC.some((pattern) => pattern.test(url));
const closed = (): Route[] => routes.filter((route) => !isPublic(route));
/** Asks with a body, and changes nothing. */
const READING = ['/backtests'];
const writes = ({ method, url }: Route): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) && !READING.includes(url);
const spellings = (path: string): string[] => [
  path,
  `${path}/`,
  `/${path}`,
  `/${path}//`,
  path.replace(/(.)\//g, '$1//'),
  path.toUpperCase(),
  path.replace(/^\/(.)/, (_all, first: string) => `/%${first.charCodeAt(0).toString(16)}`),
  `${path}?`,
  `${path};a=b`,
  `/.${path}`,
  `/x/..${path}`,
  `${path}%2f`,
  `${path}%00`,
];

describe('S1: without a key', () => {
  it('the walker knows the whole route table', () => {
    const known = new Set(closed().map(({ method, url }) => `${method} ${url}`));

    for (const route of ['POST /events', 'GET /events', 'HEAD /events', 'GET /audit', 'POST /events/replay']) {
      expect([...known]).toContain(route);
    }
    expect(known.size).toBeGreaterThanOrEqual(20);
  });

  it('every route answers 401 in the envelope, with WWW-Authenticate', async () => {
    for (const { method, url } of closed()) {
      const { status, headers, body, text } = await bed.inject(method, pathOf(url));

      expect([method, url, status, headers['www-authenticate']]).toEqual([method, url, 401, 'Bearer realm="reflex"']);
      if (method === 'HEAD') expect(text).toBe('');
      else expect(body).toEqual({ error: { code: 'key_required', message: expect.stringMatching(/[.]$/) as string } });
    }
  });

  it('every method on every spelling of every route is refused', async () => {
    const paths = new Set(closed().flatMap(({ url }) => spellings(pathOf(url))));
    const open: string[] = [];
    for (const path of paths) {
      for (const method of METHODS) {
        const { status } = await bed.inject(method, path);
        if (!REFUSED.includes(status)) open.push(`${method} ${path} ${status}`);
      }
    }

    expect(paths.size).toBeGreaterThan(100);
    expect(open).toEqual([]);
  });

  it.each(['nonsense', 'rfx_', `rfx_0000000000_${'a'.repeat(43)}`, "' or true --", 'Basic YWRtaW46YWRtaW4='])(
    'every route answers 401 to the key "%s"',
    async (key) => {
      for (const { method, url } of closed()) {
        const { status, headers } = await bed.inject(method, pathOf(url), { key });

        expect([method, url, status]).toEqual([method, url, 401]);
        expect(headers['www-authenticate']).toContain('error="invalid_token"');
      }
    },
  );

  it('a key in the query string or a cookie is none', async () => {
    const key = await bed.keyFor('admin');

    for (const name of ['key', 'api_key', 'token', 'access_token', 'authorization']) {
      expect((await bed.inject('GET', `/events?${name}=${key}`)).status).toBe(401);
      expect((await bed.inject('GET', '/events', { headers: { cookie: `${name}=${key}` } })).status).toBe(401);
    }
  });

  it('the public routes answer', async () => {
    expect((await bed.inject('GET', '/health')).status).toBe(200);
    expect((await bed.inject('GET', '/ready')).status).toBe(200);
    expect((await bed.inject('GET', '/docs')).status).toBe(200);
    // No secret is configured; with one, its signature is asked for.
    expect((await bed.inject('POST', '/webhooks/github', { payload: '{}' })).status).toBe(404);
  });
});

describe('S1: with a key of too small a scope', () => {
  it('a reader may change nothing', async () => {
    const key = await bed.keyFor('events:read');
    // Everything there is a POST: who may do what is asked for each of its tools (mcp.e2e-spec.ts).
    const targets = closed().filter((route) => writes(route) && route.url !== '/mcp');

    expect(targets.length).toBeGreaterThanOrEqual(5);
    for (const { method, url } of targets) {
      const { status, headers } = await bed.inject(method, pathOf(url), { key });

      expect([method, url, status]).toEqual([method, url, 403]);
      expect(headers['www-authenticate']).toContain('error="insufficient_scope"');
    }
  });

  it('a publisher may read nothing, and change nothing but by publishing', async () => {
    const key = await bed.keyFor('events:write');

    for (const { method, url } of closed().filter(({ method, url }) => `${method} ${url}` !== 'POST /events')) {
      expect([method, url, (await bed.inject(method, pathOf(url), { key })).status]).toEqual([method, url, 403]);
    }
    const event = JSON.stringify({ type: 'http', payload: {} });
    expect((await bed.inject('POST', '/events', { key, payload: event })).status).toBe(201);
  });

  it('S30: only an administrator may replay, pause, resume and see the audit', async () => {
    const key = await bed.keyFor('events:write', 'events:read', 'dlq:write');
    const admin = await bed.keyFor('admin');
    const routes = [
      ['POST', '/events/replay'],
      ['POST', '/triggers/x/pause'],
      ['POST', '/triggers/x/resume'],
      ['GET', '/audit'],
      ['GET', '/secrets'],
      ['PUT', '/secrets/X'],
      ['DELETE', '/secrets/X'],
      ['POST', '/secrets/rotate'],
    ] as const;

    for (const [method, url] of routes) {
      expect([url, (await bed.inject(method, url, { key })).status]).toEqual([url, 403]);
      expect([200, 404, 409, 422]).toContain((await bed.inject(method, url, { key: admin })).status);
    }
  });

  it('an administrator is refused nowhere', async () => {
    const key = await bed.keyFor('admin');

    for (const { method, url } of closed()) {
      const { status } = await bed.inject(method, pathOf(url), { key });
      // 503 is what the detailed health answers while no worker is up.
      const isRefused = [401, 403, 500].includes(status);
      expect([method, url, isRefused]).toEqual([method, url, false]);
    }
  });
});

describe('S2: the guard', () => {
  @Controller('forgotten')
  class Forgotten {
    @Get()
    leak(): string {
      return 'leaked';
    }
  }

  @Module({ controllers: [Forgotten] })
  class ForgottenModule {}

  it('stops the start for a route of which nobody said who may call it, and names it', async () => {
    const settings = readSettings({ DATABASE_URL: bed.database.url, API_PORT: '0', LOG_LEVEL: 'silent' });

    await expect(startService(settings, { domain: [{ module: ForgottenModule }] })).rejects.toThrow(
      'Say who may call GET /forgotten (Forgotten.leak)',
    );
  });

  it('stands before a Nest without known holes', () => {
    const [major = 0, minor = 0, patch = 0] = nestVersion.split('.').map(Number);

    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(11_001_019);
  });
});

describe('where access is open', () => {
  it('it is so in development on loopback only', () => {
    const production = { ENVIRONMENT: 'production', DATABASE_URL: 'postgres://db/x' };

    expect(() => readSettings({ ...production, DEFAULT_MODEL: 'offline:rules', ACCESS: 'open' })).toThrow(
      'ACCESS must not be open in production.',
    );
    expect(accessOf(readSettings({}))).toBe('open');
    expect(accessOf(readSettings({ API_HOST: '127.0.0.2' }))).toBe('open');
    expect(accessOf(readSettings({ API_HOST: '0.0.0.0', ACCESS: 'keys' }))).toBe('keys');
    expect(accessOf(readSettings({ ...production, DEFAULT_MODEL: 'offline:rules', API_HOST: '127.0.0.1' }))).toBe(
      'keys',
    );
  });

  it('nobody needs a key; where it is production, everybody does', async () => {
    const production = await startTestService(bed.database, {
      ENVIRONMENT: 'production',
      DEFAULT_MODEL: 'offline:rules',
      API_HOST: '127.0.0.1',
    });
    const development = await startTestService(bed.database);

    expect((await development.get('/events')).status).toBe(200);
    expect((await production.get('/events')).status).toBe(401);
    expect((await production.get('/health')).status).toBe(200);
    for (const path of ['/docs', '/docs/json', '/docs/yaml', '/docs/index.html', '/metrics']) {
      expect([401, 404]).toContain((await production.get(path)).status);
    }
    await Promise.all([development.stop(), production.stop()]);
  });
});
