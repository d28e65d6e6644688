import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { DetectAnomalyTrigger } from './detect-anomaly.trigger';
import { ExplainAnomalyTrigger } from './explain-anomaly.trigger';
import { LogLinesTool } from './log-lines.tool';
import { LogDigestAgent, RootCauseAgent } from './log.agents';
import { LogAnomaly, LogEntry, LogRootCause, LogSummary } from './log.events';
import { SummarizeCausesTrigger } from './summarize-causes.trigger';

/** Makes one text for people of very many lines. */
@Module({
  imports: [EventsModule.forFeature([LogEntry, LogAnomaly, LogRootCause, LogSummary])],
  providers: [
    DetectAnomalyTrigger,
    ExplainAnomalyTrigger,
    SummarizeCausesTrigger,
    RootCauseAgent,
    LogDigestAgent,
    LogLinesTool,
  ],
})
export class LogAnomalyModule {}
