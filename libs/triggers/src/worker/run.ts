import type { Delivery, Settlement } from '@reflex/event-store';
import { ContextMemory } from '../context/context-memory';
import type { DecisionState } from '../context/decision-state';
import type { Trigger } from '../trigger';
import { attemptOutcome, type AttemptSurroundings } from './attempt-outcome';
import type { Session } from './session';
import { SettleQueue } from './settle-queue';
import type { Settling } from './settling';

export interface RunSurroundings extends AttemptSurroundings {
  session: Session;
  settling: Settling;
}

/** Consecutive deliveries of one scope, or a single one without scope: worked on in order, with one context in memory. */
export class Run {
  private readonly queue: SettleQueue;
  private readonly memory: ContextMemory | null;

  constructor(
    private readonly trigger: Trigger,
    private readonly deliveries: readonly Delivery[],
    private readonly around: RunSurroundings,
  ) {
    this.queue = new SettleQueue(trigger, around.settling);
    this.memory = trigger.definition.stateful ? this.loadMemory() : null;
  }

  /** Never rejects. `handled` is called once no handler runs any more, though outcomes may still be on their way. */
  async work(handled: () => void): Promise<void> {
    const rest = await this.workInOrder();
    handled();
    if (rest.length === 0) await this.queue.flush();
    else await Promise.all([this.queue.flush(), this.around.settling.release(rest)]);
  }

  /** Answers the deliveries to give back. */
  private async workInOrder(): Promise<readonly Delivery[]> {
    const { session } = this.around;
    const blocks = this.trigger.definition.onRetry === 'block';
    for (let index = 0; index < this.deliveries.length; index += 1) {
      if (this.queue.inTrouble) await this.queue.flush();
      if (session.lost) return [];
      if (session.closing || this.queue.broken) return this.deliveries.slice(index);

      const delivery = this.deliveries[index]!;
      const memory = this.memory ?? ContextMemory.empty(delivery.event?.receivedAt ?? new Date(0));
      const outcome = await attemptOutcome(this.trigger, delivery, memory, this.around, this.mayFire);
      if (session.lost) return [];
      if (outcome === 'interrupted') return this.deliveries.slice(index);

      const { settlement, state } = outcome;
      if (standsAlone(settlement)) await this.settleAlone(settlement, state);
      else this.send(settlement, state);
      if (blocks && comesBack(settlement)) return this.deliveries.slice(index + 1);
    }
    return [];
  }

  private readonly mayFire = async (): Promise<boolean> => {
    // The action clears the context: what was accumulated before it must be stored by then, or it would come back.
    if (this.trigger.condition) await this.queue.flush();
    const { session } = this.around;
    return !this.queue.broken && !session.closing && !session.lost;
  };

  private send(settlement: Settlement, state: DecisionState | null): void {
    this.queue.send(settlement);
    this.remember(settlement, state);
  }

  // What is committed by itself may be refused: the next delivery must know how it ended.
  private async settleAlone(settlement: Settlement, state: DecisionState | null): Promise<void> {
    await this.queue.flush();
    this.queue.send(settlement);
    await this.queue.flush();
    if (!this.queue.broken) this.remember(settlement, state);
  }

  private remember({ context }: Settlement, state: DecisionState | null): void {
    if (context && state) this.memory?.apply(context, state.entry, new Date(this.around.clock.nowMs()));
  }

  private loadMemory(): ContextMemory {
    const first = this.deliveries[0]!;
    if (first.context) return ContextMemory.load(first.context, this.around.decode);
    return ContextMemory.empty(first.event?.receivedAt ?? new Date(this.around.clock.nowMs()));
  }
}

function standsAlone({ context, work, followUps }: Settlement): boolean {
  return Boolean(context?.clear || work || followUps);
}

function comesBack({ outcome, retryInMs }: Settlement): boolean {
  return retryInMs !== undefined || outcome === 'parked';
}
