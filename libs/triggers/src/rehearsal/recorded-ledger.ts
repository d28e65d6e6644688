import {
  type ApprovalAnswer,
  type ApprovalRequest,
  type EffectEnd,
  type JsonValue,
  type NewEffect,
  PermanentError,
  type RecordedEffect,
  type RunLedger,
} from '@reflex/core';

/** What tells the model that a tool was not called. */
const INTERCEPTED = 'Taken as done: this is a backtest, in which nothing happens outside.';

/** The handler needs what is not on record. */
export class NotRecorded extends PermanentError {
  override readonly code = 'not_recorded';
}

/**
 * The ledger of a rehearsed handler: it knows what the recorded run did, and writes nothing down. A question to a model that is
 * not on record word by word is asked only when models may be; a tool that is not on record is not called, unless it only
 * reads for a model that is asked anew.
 */
export class RecordedLedger implements RunLedger {
  private readonly effects: Map<string, RecordedEffect>;

  constructor(
    recorded: readonly RecordedEffect[],
    private readonly replayNumber: number,
    private readonly asksModels: boolean,
  ) {
    const done = recorded.filter(({ status }) => status === 'done');
    this.effects = new Map(done.map((effect) => [effect.key, effect]));
  }

  replay(): Promise<number> {
    return Promise.resolve(this.replayNumber);
  }

  find(key: string): Promise<RecordedEffect | undefined> {
    return Promise.resolve(this.effects.get(key));
  }

  /** Nobody is asked: what people agree to here does not happen. */
  approval({ key, people, withinMs }: ApprovalRequest): Promise<ApprovalAnswer> {
    return Promise.resolve({ id: key, status: 'approved', people, decisions: [], expiresInMs: withinMs });
  }

  start(effect: NewEffect): Promise<RecordedEffect> {
    return new Promise((resolve) => resolve(this.begun(effect)));
  }

  finish(key: string, { status, result = null, error }: EffectEnd): Promise<RecordedEffect> {
    const known = this.effects.get(key)!;
    return Promise.resolve(this.keep({ ...known, status, result: result as JsonValue, error: error ?? null }));
  }

  private begun(effect: NewEffect): RecordedEffect {
    const { kind, name, effect: effectClass } = effect;
    if (kind === 'model' && !this.asksModels) {
      throw new NotRecorded(`No answer to this prompt of "${name}" is on record. With --model, a model is asked.`);
    }
    if (kind === 'step' || kind === 'wait') {
      throw new NotRecorded(`The ${kind} "${name}" is not on record, and a backtest does not take it.`);
    }
    // Nobody was asked here: what takes an approval is not called, even if it only reads.
    const isReading = kind === 'tool' && effectClass === 'none' && this.asksModels && effect.approval === undefined;
    const isIntercepted = kind === 'tool' && !isReading;
    const { argsHash = null, input = null, ...rest } = effect;
    return this.keep({
      ...rest,
      argsHash,
      input: input as JsonValue,
      id: '0',
      status: isIntercepted ? 'done' : 'started',
      result: isIntercepted ? INTERCEPTED : null,
      error: null,
      attempt: 1,
      startedAt: new Date(),
    });
  }

  private keep(effect: RecordedEffect): RecordedEffect {
    this.effects.set(effect.key, effect);
    return effect;
  }
}
