import type { RunLedger } from '@reflex/core';
import type { Delivery, EventWaits } from '@reflex/event-store';
import type { Decode } from '../context/context-memory';
import { Steps } from './steps';
import { Waits } from './waits';

/** What one attempt does durably. */
export class Durable {
  readonly steps: Steps;
  readonly waits: Waits;

  constructor(ledger: RunLedger, waits: EventWaits, delivery: Delivery, decode: Decode, signal: () => AbortSignal) {
    this.steps = new Steps(ledger, delivery, signal);
    this.waits = new Waits(ledger, waits, delivery, decode, signal);
  }
}
