import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { AlertFired, IncidentOpened, IncidentResolved, IncidentTriaged, IncidentUpdated } from './incident.events';
import { OpenIncidentTrigger } from './open-incident.trigger';
import { PagerTool } from './pager.tool';
import { ResolveIncidentTrigger } from './resolve-incident.trigger';
import { RunbooksTool } from './runbooks.tool';
import { TriageAgent } from './triage.agent';
import { TriageTrigger } from './triage.trigger';

/** Makes incidents of alerts, has them looked at, and closes them. */
@Module({
  imports: [EventsModule.forFeature([AlertFired, IncidentOpened, IncidentUpdated, IncidentTriaged, IncidentResolved])],
  providers: [OpenIncidentTrigger, TriageTrigger, ResolveIncidentTrigger, TriageAgent, RunbooksTool, PagerTool],
})
export class IncidentResponseModule {}
