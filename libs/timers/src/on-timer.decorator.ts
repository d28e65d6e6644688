import 'reflect-metadata';
import { TimerTick } from '@reflex/events';
import { OnEvent, type DecisionContext, type TriggerOptions } from '@reflex/triggers';
import type { Rhythm } from './rhythm';

export type OnTimerOptions = Rhythm &
  Pick<TriggerOptions, 'maxAttempts' | 'timeout' | 'priority' | 'onRetry'> & {
    /** Unique among timers and triggers. Default `Class.method`. */
    name?: string;
  };

/** What `@OnTimer` wrote down. */
export interface TimerDeclaration {
  name: string;
  rhythm: Rhythm;
}

const TIMERS = Symbol('reflex:timers');

/**
 * Runs a method at the times of a cron expression (`cron`, in the zone `tz`) or at intervals (`every`), once over all
 * processes. It is a trigger on the `timer.tick` events of this timer: retries, dead letters and runs hold as for any other.
 * Ticks are handled one at a time, in order.
 */
export function OnTimer(options: OnTimerOptions) {
  return <H extends (context: DecisionContext<TimerTick>) => unknown>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const { cron, every, tz, missed, ...given } = options;
    const name = given.name ?? `${target.constructor.name}.${String(method)}`;
    const declaration = { name, rhythm: { cron, every, tz, missed } as Rhythm };
    const handler = descriptor.value as object;
    Reflect.defineMetadata(TIMERS, [declaration, ...timersOf(handler)], handler);
    OnEvent(TimerTick, { ...given, name, match: { timer_name: name }, scope: 'timer_name' })(
      target,
      method,
      descriptor,
    );
  };
}

/** The declarations on a method, the topmost first. */
export function timersOf(method: object): TimerDeclaration[] {
  return (Reflect.getOwnMetadata(TIMERS, method) as TimerDeclaration[] | undefined) ?? [];
}
