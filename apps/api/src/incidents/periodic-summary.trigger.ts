import { Injectable } from '@nestjs/common';
import { every, not, OnEvent, source, type DecisionContext } from '@reflex/triggers';
import { SummaryAgent, type Summary } from './summary.agent';

/** Every ten monitor events, or fifteen minutes after the first one that waits: a summary of what happened. */
@Injectable()
export class PeriodicSummaryTrigger {
  constructor(private readonly summaries: SummaryAgent) {}

  @OnEvent('monitor.*', {
    name: 'periodic-summary',
    filter: not(source('internal*')),
    scope: '*',
    when: every(10).orAfter('15m'),
    timeout: '90s',
  })
  async summarize(context: DecisionContext): Promise<Summary> {
    const task = `Summarise these ${context.events.length} events.`;

    return this.summaries.run({ task, data: context.summarize(50) });
  }
}
