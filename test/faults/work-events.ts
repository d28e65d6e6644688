import { BaseEvent, EventType } from '@reflex/events';
import { Allow } from 'class-validator';

/** What the handler does with an event: see fixtures/acts.ts. */
export type Act = 'effect' | 'nothing' | 'slow' | 'flaky' | 'poison' | 'hang' | 'block' | 'keyed';

abstract class Work extends BaseEvent {
  @Allow()
  n!: number;

  @Allow()
  lane?: string;

  @Allow()
  act!: Act;

  /** How long, for acts that take time. */
  @Allow()
  ms?: number;
}

/** Work without order. */
@EventType('work.item')
export class WorkItem extends Work {}

/** Work in the order of its lane. */
@EventType('work.laned')
export class LanedWork extends Work {}

/** Work for several triggers. */
@EventType('work.fanned')
export class FannedWork extends Work {}

export const WORK_EVENTS = [WorkItem, LanedWork, FannedWork];
export type AnyWork = WorkItem | LanedWork | FannedWork;
