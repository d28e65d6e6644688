import type { Params } from 'nestjs-pino';
import { type DestinationStream, type LevelWithSilent, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import { currentRun } from './current-run';
import { errorFields, maskFields, maskKeys } from './log-masking';
import { currentRequestId } from './request-log';

export interface ObservabilityOptions {
  /** Nothing less important is logged; default `info`. */
  level?: LevelWithSilent;
  /** Lines for a person to read instead of JSON; for development. */
  pretty?: boolean;
  /** A line at level `info` for each request that went well, about 5 µs; default true. Those that fail always have one. */
  requests?: boolean;
  /** Where the lines go; default standard output. */
  destination?: DestinationStream;
}

/** What nestjs-pino is to build its logger of. */
export function logTo({ level = 'info', pretty: isPretty, destination }: ObservabilityOptions): Params['pinoHttp'] {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    wrapSerializers: false,
    formatters: { level: (label: string) => ({ level: label }), log: maskFields },
    mixin: whereabouts,
    hooks: { streamWrite: maskKeys },
  };
  const stream = isPretty ? readable(destination) : destination;
  return stream ? [options, stream] : options;
}

/** Names the attempt or the request that a line belongs to, so that one can follow an event through the log. */
function whereabouts(): object {
  const run = currentRun();
  if (run) {
    const { trigger, scope, eventId, traceId, attempt } = run;
    return { trigger, scope, event_id: eventId, trace_id: traceId, attempt };
  }
  const request = currentRequestId();
  return request === undefined ? {} : { request_id: request };
}

function readable(destination: DestinationStream | undefined): DestinationStream {
  return pretty({
    colorize: destination === undefined && process.stdout.isTTY,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,context,request_id,method,url,status,duration_ms',
    messageFormat: '{if context}[{context}] {end}{msg}',
    sync: true,
    ...(destination ? { destination: destination as NodeJS.WritableStream } : {}),
  });
}
