import { Injectable } from '@nestjs/common';
import { type DecisionContext, every, OnEvent } from '@reflex/triggers';
import { LogDigestAgent } from './log.agents';
import { LogRootCause, LogSummary } from './log.events';

/** One text for people instead of one per service: at three causes, or five seconds after the first. */
@Injectable()
export class SummarizeCausesTrigger {
  constructor(private readonly agent: LogDigestAgent) {}

  // `*` is one memory for all services.
  @OnEvent(LogRootCause, { name: 'summarize-causes', scope: '*', when: every(3).orAfter('5s'), timeout: '60s' })
  async summarize(context: DecisionContext<LogRootCause>): Promise<string> {
    const causes = context.events.map(({ service, cause }) => `${service}: ${cause}`);

    const digest = await this.agent.run({ task: 'Sum up these causes.', data: causes.join('\n') });

    const services = [...new Set(context.events.map(({ service }) => service))];
    context.publish(LogSummary.of({ ...digest, services }));
    return digest.headline;
  }
}
