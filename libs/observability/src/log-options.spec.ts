import { PassThrough } from 'node:stream';
import pino, { type DestinationStream, type LoggerOptions } from 'pino';
import { logTo, type ObservabilityOptions } from './log-options';

function loggerWith(options: ObservabilityOptions): { logger: pino.Logger; text: () => string } {
  const stream = new PassThrough();
  const [pinoOptions, destination] = logTo({ ...options, destination: stream }) as [LoggerOptions, DestinationStream];
  return { logger: pino(pinoOptions, destination), text: () => String(stream.read() ?? '') };
}

it('writes JSON unless told otherwise', () => {
  const { logger, text } = loggerWith({});

  logger.info({ context: 'Boot', port: 8000 }, 'listening');

  expect(JSON.parse(text())).toMatchObject({ level: 'info', context: 'Boot', port: 8000, msg: 'listening' });
});

it('writes a line for a person on demand, with the same secrets hidden', () => {
  const { logger, text } = loggerWith({ pretty: true });

  logger.info({ context: 'Boot', port: 8000, password: 'canary' }, 'listening');

  expect(text()).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: \[Boot\] listening \{"port":8000,"password":"\[redacted\]"\}\n$/,
  );
});

it('writes nothing below its level', () => {
  const { logger, text } = loggerWith({ level: 'warn' });

  logger.info('quiet');
  logger.warn('loud');

  expect(text()).toMatch(/loud/);
  expect(text()).not.toMatch(/quiet/);
});
