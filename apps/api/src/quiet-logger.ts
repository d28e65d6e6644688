import type { LoggerService } from '@nestjs/common';

// What Nest tells of its own start on dozens of lines.
const CHATTER = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);
// Nest logs what a start failed of, with its stack, and throws it too; we tell it in one sentence.
const TOLD_ELSEWHERE = new Set(['ExceptionHandler', 'NestApplication']);

/** The same logger without the noise of a start: of what is normal, and of what is told elsewhere. */
export function quiet(logger: LoggerService): LoggerService {
  return {
    log: (message: unknown, ...rest: unknown[]) => {
      if (!CHATTER.has(String(rest.at(-1)))) logger.log(message, ...rest);
    },
    error: (message: unknown, ...rest: unknown[]) => {
      if (!TOLD_ELSEWHERE.has(String(rest.at(-1)))) logger.error(message, ...rest);
    },
    fatal: (message: unknown, ...rest: unknown[]) => logger.fatal?.(message, ...rest),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(message, ...rest),
    debug: (message: unknown, ...rest: unknown[]) => logger.debug?.(message, ...rest),
    verbose: (message: unknown, ...rest: unknown[]) => logger.verbose?.(message, ...rest),
  };
}
