import { durationMs } from '@reflex/core';
import { InvalidTimer } from './errors';
import { MISSED_POLICIES, type Rhythm, type TimerDefinition } from './rhythm';
import { scheduleOf } from './schedule';

const NAME = /^[A-Za-z][\w.:-]{0,99}$/;
/** The store's own ticks bear this name. */
const RESERVED = /^context(:|$)/;
const MAX_CRON_LENGTH = 100;
const YEAR_MS = 366 * 86_400_000;
/** More than any pattern of seconds needs to show its shortest gap. */
const SAMPLE = 200;

/** A rhythm as somebody sent it: anything may be missing or wrong. */
type GivenRhythm = { [Part in keyof Rhythm]?: unknown };

/** Checks a timer; throws `InvalidTimer` with one sentence. */
export function defineTimer(name: string, rhythm: GivenRhythm, minIntervalMs: number): TimerDefinition {
  const { cron, every, tz, missed = 'once' } = rhythm;
  const invalid = (sentence: string): InvalidTimer => new InvalidTimer(name.slice(0, 100), sentence);
  if (!NAME.test(name) || RESERVED.test(name)) {
    throw invalid(
      'a name is 1 to 100 letters, digits, ".", ":", "-" and "_", a letter first, and not "context". Rename it.',
    );
  }
  const policy = MISSED_POLICIES.find((known) => known === missed);
  if (!policy) throw invalid(`missed is one of ${MISSED_POLICIES.join(', ')}. Choose one.`);
  if ((cron === undefined) === (every === undefined)) throw invalid('it needs either cron or every. Give one of them.');
  if (cron === undefined) {
    if (tz !== undefined) throw invalid('a time zone has no meaning for an interval. Leave tz out, or write a cron.');
    return { name, cron: null, everyMs: intervalOf(every, minIntervalMs, invalid), tz: 'UTC', missed: policy };
  }
  const definition = { name, cron: textOf(cron, invalid), everyMs: null, tz: zoneOf(tz, invalid), missed: policy };
  assertSchedule(definition, minIntervalMs, invalid);
  return definition;
}

type Invalid = (sentence: string) => InvalidTimer;

function intervalOf(every: unknown, minIntervalMs: number, invalid: Invalid): number {
  let ms = NaN;
  try {
    if (typeof every === 'string' || typeof every === 'number') ms = durationMs(every);
  } catch {
    // Said below.
  }
  if (Number.isInteger(ms) && ms >= minIntervalMs && ms <= YEAR_MS) return ms;
  throw invalid(`every must be a duration from ${minIntervalMs / 1_000}s to 366d, such as 30s, 5m or 1h. Correct it.`);
}

function textOf(cron: unknown, invalid: Invalid): string {
  if (typeof cron === 'string' && cron.length <= MAX_CRON_LENGTH) return cron.trim().replace(/\s+/g, ' ');
  throw invalid(`cron must be text of at most ${MAX_CRON_LENGTH} characters, such as "0 9 * * 1-5".`);
}

function zoneOf(tz: unknown, invalid: Invalid): string {
  if (tz === undefined) return 'UTC';
  const named = typeof tz === 'string' ? tz : '';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: named }).resolvedOptions().timeZone;
  } catch {
    throw invalid(`"${named.slice(0, 50)}" is no time zone. Write an IANA name such as Europe/Berlin.`);
  }
}

function assertSchedule(definition: TimerDefinition, minIntervalMs: number, invalid: Invalid): void {
  let times: Date[];
  try {
    times = sampleOf(definition);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Cron\w*: /, '').replace(/\.$/, '');
    throw invalid(
      `"${definition.cron}" is no cron expression (${reason}). Write five fields, or six with seconds first.`,
    );
  }
  if (times.length === 0) throw invalid(`"${definition.cron}" never comes. Correct it.`);
  const tooSoon = times.some(
    (time, index) => index > 0 && time.getTime() - times[index - 1]!.getTime() < minIntervalMs,
  );
  if (tooSoon) throw invalid(`it may not tick more often than every ${minIntervalMs / 1_000} seconds. Make it slower.`);
}

function sampleOf(definition: TimerDefinition): Date[] {
  const schedule = scheduleOf(definition);
  const times: Date[] = [];
  for (let time = schedule.next(new Date()); time && times.length < SAMPLE; time = schedule.next(time))
    times.push(time);
  return times;
}
