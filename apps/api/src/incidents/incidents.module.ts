import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { AlertAgent } from './alert.agent';
import { ErrorThresholdTrigger } from './error-threshold.trigger';
import { ImmediateReplyTrigger } from './immediate-reply.trigger';
import { IncidentRaised, MonitorAlert, MonitorError } from './incident.events';
import { IncidentTicketTool } from './incident-ticket.tool';
import { PeriodicSummaryTrigger } from './periodic-summary.trigger';
import { RecentEventsTool } from './recent-events.tool';
import { ResponderAgent } from './responder.agent';
import { SlackTool } from './slack.tool';
import { SummaryAgent } from './summary.agent';

/** The example to replace: agents that watch over errors. See README.md in this folder. */
@Module({
  imports: [EventsModule.forFeature([MonitorAlert, MonitorError, IncidentRaised])],
  providers: [
    ErrorThresholdTrigger,
    PeriodicSummaryTrigger,
    ImmediateReplyTrigger,
    AlertAgent,
    SummaryAgent,
    ResponderAgent,
    RecentEventsTool,
    SlackTool,
    IncidentTicketTool,
  ],
})
export class IncidentsModule {}
