import { Injectable } from '@nestjs/common';
import { HttpPayload, HttpRequest, WebSocketMessage } from '@reflex/events';
import { count, keyword, not, OnEvent, source, tunable, type DecisionContext } from '@reflex/triggers';
import { AlertAgent, type Alert } from './alert.agent';
import { IncidentRaised, MonitorAlert, MonitorError, OWN_SOURCE } from './incident.events';

type Watched = MonitorAlert | MonitorError | HttpPayload | HttpRequest | WebSocketMessage;

/** Five errors of one source within a minute: an agent assesses them, tells people, and an incident is raised. */
@Injectable()
export class ErrorThresholdTrigger {
  constructor(private readonly alerts: AlertAgent) {}

  @OnEvent(
    [MonitorAlert, MonitorError, HttpPayload, HttpRequest, WebSocketMessage],
    tunable({ threshold: 5, window: '60s' }, ({ threshold, window }) => ({
      name: 'error-threshold',
      filter: keyword('error', 'exception', 'failed').and(not(source('internal*'))),
      scope: 'source',
      when: count(threshold).within(window),
      timeout: '90s',
    })),
  )
  async escalate(context: DecisionContext<Watched>): Promise<Alert> {
    const task = `${context.events.length} errors came from one source within 60 seconds. Assess them, notify Slack, open an incident ticket.`;

    const alert = await this.alerts.run({ task, data: context.summarize(20) });

    context.publish(IncidentRaised.of({ source: OWN_SOURCE, severity: alert.severity, summary: alert.summary }));
    return alert;
  }
}
