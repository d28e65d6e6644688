import type { EventMeta } from '@reflex/core';
import { type FieldProblem, ReservedField } from './errors';

/** The envelope as far as a client may set it. */
export interface EnvelopeInput {
  id?: string;
  source?: string;
  timestamp?: Date;
  meta: Partial<EventMeta>;
}

/** Sources that stand for a way in which only the server can vouch: a signed webhook, a connection, its own clock. */
const RESERVED_SOURCES = /^(ws|webhook|timer|lifecycle|internal)(:|$)/;

const MAX_LENGTH = { id: 128, source: 256, trace_id: 128, correlation_id: 128 } as const;

// Letters, digits, punctuation and inner spaces of any script: no control or invisible characters, so that it can be
// logged and sent in a header as it is.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( +[\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u;

const ISO_INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const EARLIEST = Date.UTC(1900, 0);
const LATEST = Date.UTC(10_000, 0);

/** Reads the envelope of a client's event; adds what is wrong to `problems`, throws `ReservedField` for the server's own. */
export function readEnvelope(raw: Record<string, unknown>, problems: FieldProblem[]): EnvelopeInput {
  if (Object.hasOwn(raw, 'tenant')) throw new ReservedField('tenant');
  return {
    id: readText(raw['id'], 'id', MAX_LENGTH.id, problems),
    source: readSource(raw['source'], problems),
    timestamp: readTimestamp(raw['timestamp'], problems),
    meta: readMeta(raw['meta'], problems),
  };
}

function readSource(value: unknown, problems: FieldProblem[]): string | undefined {
  const source = readText(value, 'source', MAX_LENGTH.source, problems);
  if (source !== undefined && RESERVED_SOURCES.test(source)) throw new ReservedField(`source: ${source}`);
  return source;
}

function readMeta(meta: unknown, problems: FieldProblem[]): Partial<EventMeta> {
  const read: Partial<EventMeta> = {};
  if (meta === undefined) return read;
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) {
    problems.push({ field: 'meta', message: 'meta must be an object' });
    return read;
  }
  for (const [field, value] of Object.entries(meta)) {
    if (field === 'depth' || field === 'causation_id' || field === 'tenant') throw new ReservedField(`meta.${field}`);
    if (field === 'trace_id' || field === 'correlation_id') {
      read[field] = readText(value, `meta.${field}`, MAX_LENGTH[field], problems);
    } else {
      problems.push({ field: `meta.${field}`, message: `meta.${field} is not a field of the envelope` });
    }
  }
  return read;
}

function readText(value: unknown, field: string, maxLength: number, problems: FieldProblem[]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length <= maxLength && PRINTABLE.test(value)) return value;
  problems.push({ field, message: `${field} must be text of 1 to ${maxLength} printable characters` });
  return undefined;
}

function readTimestamp(value: unknown, problems: FieldProblem[]): Date | undefined {
  if (value === undefined) return undefined;
  const match = typeof value === 'string' ? ISO_INSTANT.exec(value) : null;
  const time = match ? Date.parse(match[0]) : NaN;
  // Date.parse turns 30 February into 1 March instead of refusing it.
  const isRealDay =
    match !== null && !Number.isNaN(time) && new Date(`${match[1]}T00:00Z`).toISOString().startsWith(match[1]!);
  if (time >= EARLIEST && time < LATEST && isRealDay) return new Date(time);
  problems.push({
    field: 'timestamp',
    message:
      'timestamp must be an ISO 8601 instant with zone between the years 1900 and 9999, such as 2026-01-31T12:00:00Z',
  });
  return undefined;
}
