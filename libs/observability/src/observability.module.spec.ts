import { Body, Controller, Get, Logger as NestLogger, Module, Post, ServiceUnavailableException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Logger } from 'nestjs-pino';
import { eventually } from '@reflex/test';
import { type CurrentRun, ObservabilityModule, requestId, runWith } from '@reflex/observability';

const CANARY = 'canary-7f3a';
const lines: string[] = [];

@Controller()
class Desk {
  private readonly logger = new NestLogger('Desk');
  private healthy = true;

  @Get('health')
  health(): string {
    return 'ok';
  }

  @Get('ready')
  ready(): string {
    this.healthy = !this.healthy;
    if (this.healthy) throw new ServiceUnavailableException();
    return 'ok';
  }

  @Post('letters')
  letter(@Body() body: { password: string }): string {
    this.logger.log({ user: 'ann', login: body, headers: { authorization: CANARY } }, 'a letter arrived');
    return 'thanks';
  }

  @Get('broken')
  broken(): void {
    throw Object.assign(new Error('the printer is on fire'), { query: `select '${CANARY}'` });
  }
}

@Module({
  imports: [
    ObservabilityModule.forRootAsync({
      useFactory: () =>
        Promise.resolve({ level: 'info' as const, destination: { write: (line) => void lines.push(line) } }),
    }),
  ],
  controllers: [Desk],
})
class DeskModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  const testing = await Test.createTestingModule({ imports: [DeskModule] }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ genReqId: requestId }));
  app.useLogger(app.get(Logger));
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(() => app.close());

beforeEach(() => {
  lines.length = 0;
});

function logged(): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a request', () => {
  it('is one line of JSON with its id, which the answer carries too', async () => {
    const answer = await app.inject({ url: '/nowhere?type=a&token=x', headers: { 'x-request-id': 'call-7' } });

    expect(answer.headers['x-request-id']).toBe('call-7');
    await eventually(() => expect(lines).toHaveLength(1));
    expect(logged()).toEqual([
      expect.objectContaining({
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
        request_id: 'call-7',
        method: 'GET',
        url: '/nowhere?type=a&token=[redacted]',
        status: 404,
        duration_ms: expect.any(Number) as unknown,
        msg: expect.stringMatching(/^GET \/nowhere\?type=a&token=\[redacted\] 404 in \d+ ms$/) as unknown,
      }),
    ]);
  });

  it.each(['', 'a b', 'x'.repeat(129), '"}{'])('gets an id of ours instead of "%s"', async (given) => {
    const answer = await app.inject({ url: '/nowhere', headers: { 'x-request-id': given } });

    expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  });

  it('leaves no header, body or secret in the log', async () => {
    const headers = { authorization: CANARY, cookie: CANARY, 'x-api-key': CANARY };

    await app.inject({
      method: 'POST',
      url: '/letters',
      headers,
      payload: { password: CANARY, nested: { token: CANARY } },
    });

    await eventually(() => expect(lines).toHaveLength(2));
    expect(lines.join()).not.toContain(CANARY);
    expect(logged()[0]).toMatchObject({
      msg: 'a letter arrived',
      context: 'Desk',
      request_id: expect.any(String) as unknown,
      user: 'ann',
      login: { password: '[redacted]' },
    });
  });

  it('that fails is an error with its cause once, and without the statement', async () => {
    await app.inject({ url: '/broken' });

    await eventually(() => expect(lines).toHaveLength(2));
    const errors = logged().filter((line) => line['level'] === 'error');
    expect(errors.map((line) => String(line['msg'])).toSorted((a, b) => a.localeCompare(b))).toEqual([
      expect.stringMatching(/^GET \/broken 500 in \d+ ms$/),
      'the printer is on fire',
    ]);
    expect(errors.filter((line) => 'err' in line)).toEqual([
      expect.objectContaining({
        request_id: errors[0]!['request_id'],
        err: expect.objectContaining({ message: 'the printer is on fire' }) as unknown,
      }),
    ]);
    expect(lines.join()).not.toContain(CANARY);
  });
});

describe('a probe', () => {
  it('is no line while all is well', async () => {
    await app.inject({ url: '/health' });
    await app.inject({ url: '/ready' });

    expect(lines).toEqual([]);
  });

  it('is a warning when the service is not ready', async () => {
    const answers = [await app.inject({ url: '/ready' }), await app.inject({ url: '/ready' })];

    expect(answers.map((answer) => answer.statusCode)).toContain(503);
    await eventually(() =>
      expect(logged()).toEqual([expect.objectContaining({ level: 'warn', url: '/ready', status: 503 })]),
    );
  });
});

it('names nothing outside of requests and runs', () => {
  new NestLogger('Clock').log('tick');

  expect(logged()[0]).not.toHaveProperty('request_id');
  expect(logged()[0]).not.toHaveProperty('trigger');
});

it('also logs where no HTTP is served', async () => {
  const context = await NestFactory.createApplicationContext(DeskModule);

  context.get(Logger).log('no door', 'Desk');
  await context.close();

  expect(logged()).toContainEqual(expect.objectContaining({ context: 'Desk', msg: 'no door' }));
});

it('names the run that a line belongs to', () => {
  const run: CurrentRun = {
    trigger: 'escalate',
    scope: 'service:web',
    eventId: 'e-1',
    traceId: 't-1',
    correlationId: 'c-1',
    attempt: 2,
    signal: new AbortController().signal,
    usage: { input_tokens: 0, output_tokens: 0, tool_calls: [] },
  };

  runWith(run, () => new NestLogger('Agent').warn('the model is slow'));
  new NestLogger('Agent').warn('outside');

  const [inside, outside] = logged();
  expect(inside).toMatchObject({
    trigger: 'escalate',
    scope: 'service:web',
    event_id: 'e-1',
    trace_id: 't-1',
    attempt: 2,
  });
  expect(outside).not.toHaveProperty('trigger');
});
