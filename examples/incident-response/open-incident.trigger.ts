import { Injectable } from '@nestjs/common';
import { type DecisionContext, dedupe, OnEvent } from '@reflex/triggers';
import { AlertFired, IncidentOpened, IncidentResolved, IncidentUpdated, worstOf } from './incident.events';

const ALERTS_OF_AN_INCIDENT = 3;

type Watched = AlertFired | IncidentResolved;

// Undefined for an end, which is never a duplicate.
const fingerprint = (event: Watched) => (event instanceof AlertFired ? event.fingerprint : undefined);

/** A critical alert alone, or three different ones of a service within five minutes; and the end of an incident. */
function mattersNow(context: DecisionContext<Watched>): boolean {
  const { event } = context;
  if (event instanceof IncidentResolved || event.severity === 'critical') return true;
  return context.window('5m').length >= ALERTS_OF_AN_INCIDENT;
}

/** Makes one incident of many alerts: while it is open, further alerts belong to it. */
@Injectable()
export class OpenIncidentTrigger {
  @OnEvent([AlertFired, IncidentResolved], {
    name: 'open-incident',
    filter: dedupe(fingerprint, '5m'),
    scope: 'service',
    when: mattersNow,
  })
  open(context: DecisionContext<Watched>): string | null {
    const { event, events, scratch } = context;
    const alerts = events.filter((event) => event instanceof AlertFired);
    const openId = scratch['open'] as string | undefined;
    context.clear();
    if (event instanceof IncidentResolved) return null;

    const { service } = event;
    const incident_id = openId ?? `INC-${event.id}`;
    context.scratch['open'] = incident_id;
    context.publish(
      openId === undefined
        ? IncidentOpened.of({
            incident_id,
            service,
            severity: worstOf(alerts),
            messages: alerts.map(({ message }) => message),
          })
        : IncidentUpdated.of({ incident_id, service, alerts: alerts.length }),
    );
    return incident_id;
  }
}
