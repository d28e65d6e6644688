import { Injectable } from '@nestjs/common';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { RootCauseAgent, type RootCause } from './log.agents';
import { LogAnomaly, LogRootCause } from './log.events';

/** Asks an agent why. However many services fail at once, the model is asked twenty times a minute at most. */
@Injectable()
export class ExplainAnomalyTrigger {
  constructor(private readonly agent: RootCauseAgent) {}

  @OnEvent(LogAnomaly, { name: 'explain-anomaly', throttle: { limit: 20, per: '1m' }, timeout: '60s' })
  async explain(context: DecisionContext<LogAnomaly>): Promise<RootCause> {
    const { service, pattern, count, samples } = context.event;

    const found = await this.agent.run({
      task: `Why does this happen? It was seen ${count} times within a minute.`,
      data: [`service: ${service}`, `pattern: ${pattern}`, ...samples].join('\n'),
    });

    context.publish(LogRootCause.of({ service, ...found }));
    return found;
  }
}
