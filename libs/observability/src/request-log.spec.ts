import fastify from 'fastify';
import pino from 'pino';
import { eventually } from '@reflex/test';
import { logRequests } from './request-log';

/** The levels of the lines that these answers make, with a logger that takes all. */
async function levelsOf(everyRequest: boolean, answers: [url: string, status: number][]): Promise<string[]> {
  const lines: string[] = [];
  const app = fastify();
  const formatters = { level: (label: string) => ({ level: label }) };
  logRequests(app, pino({ level: 'trace', formatters }, { write: (line) => void lines.push(line) }), everyRequest);
  app.get('/*', (request, reply) => reply.code(Number(request.headers['x-status'])).send('ok'));
  for (const [url, status] of answers) await app.inject({ url, headers: { 'x-status': String(status) } });
  await eventually(() => expect(lines).toHaveLength(answers.length));
  await app.close();
  return lines.map((line) => (JSON.parse(line) as { level: string }).level);
}

it('logs every request as information, probes for debugging', async () => {
  const levels = await levelsOf(true, [
    ['/events', 201],
    ['/events?limit=0', 422],
    ['/healthy', 200],
    ['/health', 200],
    ['/health/detailed', 200],
    ['/ready?verbose', 200],
    ['/metrics', 200],
  ]);

  expect(levels).toEqual(['info', 'info', 'info', 'debug', 'debug', 'debug', 'debug']);
});

it.each([true, false])('logs failures at their weight, probes too (every request: %s)', async (everyRequest) => {
  const levels = await levelsOf(everyRequest, [
    ['/events', 500],
    ['/events', 503],
    ['/ready', 503],
    ['/health', 500],
  ]);

  expect(levels).toEqual(['error', 'warn', 'warn', 'error']);
});

it('logs what went well for debugging only, when not every request is wanted', async () => {
  const levels = await levelsOf(false, [
    ['/events', 201],
    ['/events', 404],
  ]);

  expect(levels).toEqual(['debug', 'debug']);
});

it('warns at most ten times at once of what is unavailable', async () => {
  const levels = await levelsOf(
    false,
    Array.from({ length: 30 }, () => ['/events', 503]),
  );

  expect(levels.filter((level) => level === 'warn').length).toBeGreaterThanOrEqual(10);
  expect(levels.filter((level) => level === 'warn').length).toBeLessThan(15);
  expect(levels).toHaveLength(30);
});
