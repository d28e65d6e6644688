import type { EffectCost, EffectEnd, EffectKind, EffectStatus, NewEffect, RecordedEffect } from '@reflex/core';
import type { Delivery } from './delivery';

/** An effect as operators see it. */
export interface Effect extends RecordedEffect, Required<{ [Field in keyof EffectCost]: EffectCost[Field] | null }> {
  trigger: string;
  eventId: string;
  /** 0, or the number of the execute-replay that it belongs to. */
  replay: number;
  /** How often it was begun. */
  tries: number;
  endedAt: Date | null;
  /** What a person said about an unknown one. */
  resolution: { outcome: 'happened' | 'did_not_happen'; by: string; why: string } | null;
}

/** All that is given must hold. */
export interface EffectSearch {
  status?: EffectStatus;
  kind?: EffectKind;
  trigger?: string;
  eventId?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** Newest first. */
export interface EffectPage {
  items: Effect[];
  nextCursor: string | null;
}

/** A person's word on an effect that nobody knows the end of. */
export interface EffectResolution {
  outcome: 'happened' | 'did_not_happen';
  /** What the action would have answered, when it happened. */
  result?: unknown;
  why: string;
  by: string;
}

/**
 * What deliveries did outside of the database. A record lives as long as its delivery or dead letter, and then as long as
 * the runs. Writes are fenced: they throw `StaleLease`, having changed nothing, when the delivery is no longer ours.
 */
export abstract class EffectLedger {
  /** All that is on record of the delivery, oldest first, without other replays of it. */
  abstract load(delivery: Delivery): Promise<{ replay: number; effects: RecordedEffect[] }>;
  /** Before the action. An effect that is not `done` is begun again. */
  abstract start(delivery: Delivery, replay: number, effect: NewEffect): Promise<RecordedEffect>;
  abstract finish(delivery: Delivery, replay: number, key: string, end: EffectEnd): Promise<RecordedEffect>;

  abstract list(search: EffectSearch): Promise<EffectPage>;
  abstract find(id: string): Promise<Effect | null>;
  /** What a retry of the dead letter would find, oldest first. */
  abstract ofDeadLetter(letterId: string): Promise<Effect[]>;
  /** Ends an unknown one; `null` when it is none any more. `did_not_happen` lets it be called again. */
  abstract resolve(id: string, resolution: EffectResolution): Promise<Effect | null>;
}
