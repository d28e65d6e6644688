import { Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import {
  EventStore,
  type Effect,
  type EffectPage,
  type EffectResolution,
  type EffectSearch,
} from '@reflex/event-store';
import { noEffect, NotUnknown } from '../errors';

/** The operator's view of what deliveries did outside, for the API and the command line. */
@Injectable()
export class EffectService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
  ) {}

  list(search: EffectSearch): Promise<EffectPage> {
    return this.store.effects.list(search);
  }

  async get(id: string): Promise<Effect> {
    const effect = await this.store.effects.find(id);
    if (!effect) throw noEffect(id);
    return effect;
  }

  /** A person says whether an unknown effect happened; the delivery that waits for it goes on. */
  async resolve(id: string, said: Omit<EffectResolution, 'by'>, by: Operator): Promise<Effect> {
    const { name, trigger, eventId } = await this.get(id);
    const details = { name, trigger, event_id: eventId, outcome: said.outcome };
    const action = { ...by, reason: said.why, action: 'effect.resolve', target: id, details };
    return this.audit.perform(action, async () => {
      const resolved = await this.store.effects.resolve(id, { ...said, by: by.actor });
      if (!resolved) throw new NotUnknown(await this.get(id));
      return resolved;
    });
  }
}
