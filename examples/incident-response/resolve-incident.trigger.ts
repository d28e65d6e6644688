import { Injectable } from '@nestjs/common';
import { type DecisionContext, OnEvent, quietFor } from '@reflex/triggers';
import { AlertFired, IncidentOpened, IncidentResolved } from './incident.events';

/** Closes an incident when its service has been quiet for a while. */
@Injectable()
export class ResolveIncidentTrigger {
  // Five seconds, so that one can watch it; minutes in earnest. A timer in the database wakes it, also after a restart.
  @OnEvent([AlertFired, IncidentOpened], { name: 'resolve-incident', scope: 'service', when: quietFor('5s') })
  resolve(context: DecisionContext<AlertFired | IncidentOpened>): void {
    const opened = context.events.findLast((event) => event instanceof IncidentOpened);
    if (!opened) return;
    const { incident_id, service } = opened;
    context.publish(IncidentResolved.of({ incident_id, service }));
  }
}
