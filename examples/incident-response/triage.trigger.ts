import { Injectable } from '@nestjs/common';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { IncidentOpened, IncidentTriaged, type Severity } from './incident.events';
import { TriageAgent, type Triage } from './triage.agent';

const WAKING: readonly Severity[] = ['high', 'critical'];

/** An agent looks at each new incident; bad ones wake somebody. */
@Injectable()
export class TriageTrigger {
  constructor(private readonly agent: TriageAgent) {}

  @OnEvent(IncidentOpened, { name: 'triage', priority: 10, timeout: '60s' })
  async triage(context: DecisionContext<IncidentOpened>): Promise<Triage> {
    const { incident_id, service, severity, messages } = context.event;

    const triage = await this.agent.run({
      task: WAKING.includes(severity) ? 'Triage this, and page the engineer on call.' : 'Triage this.',
      data: JSON.stringify({ service, severity, messages }),
    });

    context.publish(IncidentTriaged.of({ incident_id, service, ...triage }));
    return triage;
  }
}
