import type { Params } from 'nestjs-pino';
import { type DestinationStream, type LevelWithSilent, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import { currentRun } from './current-run';
import { errorFields, maskFields } from './log-masking';
import { REQUEST_LOG, REQUEST_SERIALIZERS } from './request-log';

export interface ObservabilityOptions {
  /** Nothing less important is logged; default `info`. */
  level?: LevelWithSilent;
  /** Lines for a person to read instead of JSON; for development. */
  pretty?: boolean;
  /**
   * A line for each request that is over; default true. Without, requests cost half as much where they cost little, and
   * errors are still logged by whoever catches them.
   */
  requests?: boolean;
  /** Where the lines go; default standard output. */
  destination?: DestinationStream;
}

const SERIALIZED = new Set(['req', 'res', 'err']);

/** What nestjs-pino is to build its logger of. */
export function logTo({ level = 'info', pretty: isPretty, destination }: ObservabilityOptions): Params['pinoHttp'] {
  const options = {
    ...REQUEST_LOG,
    level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { ...REQUEST_SERIALIZERS, err: errorFields },
    formatters: { level: (label: string) => ({ level: label }), log: loggable },
    mixin: runFields,
  };
  const stream = isPretty ? readable(destination) : destination;
  return stream ? [options, stream] : options;
}

/** Names the attempt that a line belongs to, so that one can follow an event through the log. */
function runFields(): object {
  const run = currentRun();
  if (!run) return {};
  return {
    trigger: run.trigger,
    scope: run.scope,
    event_id: run.eventId,
    trace_id: run.traceId,
    attempt: run.attempt,
  };
}

function loggable(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) (SERIALIZED.has(name) ? kept : others)[name] = value;
  return { ...maskFields(others), ...kept };
}

function readable(destination: DestinationStream | undefined): DestinationStream {
  return pretty({
    colorize: destination === undefined && process.stdout.isTTY,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,context,req,res,request_id,duration_ms',
    messageFormat: '{if context}[{context}] {end}{msg}',
    sync: true,
    ...(destination ? { destination: destination as NodeJS.WritableStream } : {}),
  });
}
