import helmet from '@fastify/helmet';
import { fastify, type FastifyInstance } from 'fastify';

// Own files only; the API explorer has its styles in its page.
const CONTENT_SECURITY_POLICY = {
  'default-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/**
 * Puts helmet's headers on every answer. Helmet works them out anew for each request, which costs a tenth of a cheap one,
 * although they are always the same: so it is asked once. Answers the headers for those answers that no hook sees.
 */
export async function sendSecurityHeaders(server: FastifyInstance): Promise<Record<string, string>> {
  const headers = await headersOfHelmet();
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  return headers;
}

async function headersOfHelmet(): Promise<Record<string, string>> {
  const server = fastify();
  await server.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY } });
  server.get('/', (_request, reply) => reply.send({}));
  const { headers } = await server.inject('/');
  await server.close();
  const own = ['content-type', 'content-length', 'date', 'connection'];
  const added = Object.entries(headers).filter(([name]) => !own.includes(name));
  return Object.fromEntries(added.map(([name, value]) => [name, String(value)]));
}
