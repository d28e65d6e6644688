import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { type Jsonified, parkedIn, type RunLedger } from '@reflex/core';
import type { Delivery } from '@reflex/event-store';
import { storableJson } from '../storable-json';
import { InvalidStep } from './errors';
import { recording } from './recording';

/** What the function of a step gets. */
export interface StepCall {
  /** The same whenever this step runs for this event and trigger: send it as `Idempotency-Key`. */
  key: string;
  /** Aborts on timeout, shutdown and lost lease. */
  signal: AbortSignal;
}

const MAX_NAME = 200;
const MAX_MESSAGE = 1_000;

const inStep = new AsyncLocalStorage<string>();

/** Throws inside of a step: what is in it is not looked at again once the step is done. */
export function assertOutsideOfSteps(what: string): void {
  const around = inStep.getStore();
  if (around === undefined) return;
  throw new InvalidStep(`${what} was called inside the step "${around}". Call it after that step, not in it.`);
}

/** The steps of one attempt: those that earlier attempts finished answer from the record. */
export class Steps {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly ledger: RunLedger,
    private readonly delivery: Delivery,
    private readonly signal: () => AbortSignal,
  ) {}

  async run<T>(name: string, work: (call: StepCall) => T | Promise<T>): Promise<Jsonified<T>> {
    assertName(name);
    assertOutsideOfSteps(`The step "${name}"`);
    const key = `step:${this.count(name)}:${name}`;
    const past = await this.ledger.find(key);
    if (past?.status === 'done') return past.result as Jsonified<T>;
    await recording(() => this.ledger.start({ key, kind: 'step', name, effect: 'keyed' }), this.signal());
    const result = await this.work(name, key, work);
    await recording(() => this.ledger.finish(key, { status: 'done', result }), this.signal());
    return result;
  }

  private async work<T>(name: string, key: string, work: (call: StepCall) => T | Promise<T>): Promise<Jsonified<T>> {
    const call = { key: await this.idempotencyKey(key), signal: this.signal() };
    try {
      const result = await inStep.run(name, () => work(call));
      return JSON.parse(storableJson('step', result ?? null)) as Jsonified<T>;
    } catch (error) {
      if (!parkedIn(error)) await this.fail(key, error);
      throw error;
    }
  }

  // For those who read the record: the next attempt begins the step again in any case.
  private async fail(key: string, thrown: unknown): Promise<void> {
    const message = String(thrown instanceof Error ? thrown.message : thrown).slice(0, MAX_MESSAGE);
    const code = (thrown as { code?: unknown } | null | undefined)?.code;
    const error = { code: typeof code === 'string' ? code : 'handler_error', message: message.toWellFormed() };
    await this.ledger.finish(key, { status: 'failed', error }).catch(() => undefined);
  }

  private count(name: string): number {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    return count;
  }

  private async idempotencyKey(key: string): Promise<string> {
    const { event, eventSeq, trigger } = this.delivery;
    const identity = JSON.stringify([event?.id ?? eventSeq, trigger, await this.ledger.replay(), key]);
    return createHash('sha256').update(identity).digest('hex').slice(0, 40);
  }
}

function assertName(name: string): void {
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME) return;
  throw new InvalidStep(`A step needs a name of 1 to ${MAX_NAME} characters, the same in every attempt.`);
}
