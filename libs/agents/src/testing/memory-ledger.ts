import type { EffectEnd, JsonValue, NewEffect, RecordedEffect, RunLedger } from '@reflex/core';

/** A ledger that outlives the attempts of one test, as the store's outlives processes. */
export class MemoryLedger implements RunLedger {
  readonly effects = new Map<string, RecordedEffect>();
  /** Throws when it is told to, in place of the store. */
  before: (write: 'start' | 'finish', key: string) => void = () => undefined;

  constructor(private readonly replayNumber = 0) {}

  /** Of tools, or of models. */
  of(kind: RecordedEffect['kind']): RecordedEffect[] {
    return [...this.effects.values()].filter((effect) => effect.kind === kind);
  }

  replay(): Promise<number> {
    return Promise.resolve(this.replayNumber);
  }

  find(key: string): Promise<RecordedEffect | undefined> {
    return Promise.resolve(this.effects.get(key));
  }

  async start(effect: NewEffect): Promise<RecordedEffect> {
    this.before('start', effect.key);
    const known = this.effects.get(effect.key);
    if (known?.status === 'done') throw new Error(`${effect.key} is done.`);
    const id = known?.id ?? String(this.effects.size + 1);
    const { argsHash = null, input = null, ...rest } = effect;
    return this.keep({
      ...rest,
      argsHash,
      input: input as JsonValue,
      id,
      status: 'started',
      result: null,
      error: null,
      attempt: 1,
      startedAt: new Date(),
    });
  }

  async finish(key: string, { status, result = null, error }: EffectEnd): Promise<RecordedEffect> {
    this.before('finish', key);
    return this.keep({ ...this.effects.get(key)!, status, result: result as JsonValue, error: error ?? null });
  }

  /** As JSON, since that is what a store gives back. */
  private keep(effect: RecordedEffect): RecordedEffect {
    const kept = { ...(JSON.parse(JSON.stringify(effect)) as RecordedEffect), startedAt: effect.startedAt };
    this.effects.set(effect.key, kept);
    return kept;
  }
}
