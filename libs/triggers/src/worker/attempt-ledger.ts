import { setTimeout as delay } from 'node:timers/promises';
import {
  type ApprovalAnswer,
  type ApprovalRequest,
  backoffMs,
  type EffectEnd,
  type NewEffect,
  type RecordedEffect,
  type RunLedger,
} from '@reflex/core';
import type { Delivery, EventStore } from '@reflex/event-store';
import { isPassing } from './settling';

const BACKOFF = { baseMs: 100, maxMs: 2_000 };
const TRIES = 6;

/** The part of the store that keeps what deliveries do outside. */
export type LedgerStore = Pick<EventStore, 'effects' | 'approvals'>;

interface Past {
  replay: number;
  effects: Map<string, RecordedEffect>;
}

/** The ledger of one attempt: reads what earlier ones left when it is first asked, and then remembers. */
export class AttemptLedger implements RunLedger {
  private past: Promise<Past> | null = null;

  constructor(
    private readonly store: LedgerStore,
    private readonly delivery: Delivery,
  ) {}

  async replay(): Promise<number> {
    return (await this.load()).replay;
  }

  async find(key: string): Promise<RecordedEffect | undefined> {
    return (await this.load()).effects.get(key);
  }

  async start(effect: NewEffect): Promise<RecordedEffect> {
    const { replay } = await this.load();
    return this.remember(await this.store.effects.start(this.delivery, replay, effect));
  }

  async approval(request: ApprovalRequest): Promise<ApprovalAnswer> {
    const { replay } = await this.load();
    return this.store.approvals.request(this.delivery, replay, request);
  }

  async finish(key: string, end: EffectEnd): Promise<RecordedEffect> {
    const { replay } = await this.load();
    // What happened outside cannot be undone, so its record is worth some patience.
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.remember(await this.store.effects.finish(this.delivery, replay, key, end));
      } catch (error) {
        if (!isPassing(error) || tries === TRIES) throw error;
        await delay(backoffMs(tries, BACKOFF));
      }
    }
  }

  private async remember(effect: RecordedEffect): Promise<RecordedEffect> {
    (await this.load()).effects.set(effect.key, effect);
    return effect;
  }

  private load(): Promise<Past> {
    this.past ??= this.store.effects.load(this.delivery).then(
      ({ replay, effects }) => ({ replay, effects: new Map(effects.map((effect) => [effect.key, effect])) }),
      (error: unknown) => {
        this.past = null;
        throw error;
      },
    );
    return this.past;
  }
}
