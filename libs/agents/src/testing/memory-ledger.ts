import type {
  ApprovalAnswer,
  ApprovalRequest,
  EffectEnd,
  JsonValue,
  NewEffect,
  RecordedEffect,
  RunLedger,
} from '@reflex/core';

/** A ledger that outlives the attempts of one test, as the store's outlives processes. */
export class MemoryLedger implements RunLedger {
  readonly effects = new Map<string, RecordedEffect>();
  /** What people were asked, and what they have said. */
  readonly approvals: (ApprovalRequest & ApprovalAnswer)[] = [];
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
    const { argsHash = null, input = null, approval, refused, ...rest } = effect;
    if (approval !== undefined) this.approvals.find(({ id: known }) => known === approval)!.status = 'used';
    return this.keep({
      ...rest,
      argsHash,
      input: input as JsonValue,
      id,
      status: refused ? 'failed' : 'started',
      result: null,
      error: refused ?? null,
      attempt: 1,
      startedAt: new Date(),
    });
  }

  approval(request: ApprovalRequest): Promise<ApprovalAnswer> {
    const known = this.approvals.findLast(({ key, argsHash }) => key === request.key && argsHash === request.argsHash);
    if (known && (known.status !== 'used' || request.continuing)) return Promise.resolve(known);
    const id = String(this.approvals.length + 1);
    const { people, withinMs: expiresInMs } = request;
    const asked = { ...request, id, status: 'pending' as const, people, decisions: [], expiresInMs };
    this.approvals.push(asked);
    return Promise.resolve(asked);
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
