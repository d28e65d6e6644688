import { Module } from '@nestjs/common';
import { DlqModule } from '@reflex/dlq';
import { EventsModule } from '@reflex/events';
import { TriggerExplainer } from '@reflex/triggers';
import { ApprovalsController } from './approvals/approvals.controller';
import { AuditController } from './audit/audit.controller';
import { BacktestsController } from './backtests/backtests.controller';
import { BudgetsController } from './budgets/budgets.controller';
import { DeadLetterBatchesController } from './dead-letters/dead-letter-batches.controller';
import { CloudEventPublisher } from './cloud-events/cloud-event-publisher';
import { DeadLettersController } from './dead-letters/dead-letters.controller';
import { EffectsController } from './effects/effects.controller';
import { CausationController } from './events/causation.controller';
import { EventPublisher } from './events/event-publisher';
import { EventsController } from './events/events.controller';
import { EventStreams } from './http/event-streams';
import { ApprovedRetries } from './mcp/approved-retries';
import { McpTools } from './mcp/mcp-tools';
import { McpController } from './mcp/mcp.controller';
import { OperationsController } from './operations/operations.controller';
import { ReplayController } from './replay/replay.controller';
import { RecordingController } from './runs/recording.controller';
import { RunRecorder } from './runs/run-recorder';
import { RunStreamController } from './runs/run-stream.controller';
import { RunsController } from './runs/runs.controller';
import { RunStatsController } from './runs/stats.controller';
import { SecretService } from './secrets/secret.service';
import { SecretsController } from './secrets/secrets.controller';
import { TimersController } from './timers/timers.controller';
import { ExplainController } from './triggers/explain.controller';
import { TriggersController } from './triggers/triggers.controller';
import { WebhooksController } from './webhooks/webhooks.controller';

/** Everything a client can ask for over HTTP, but health. */
@Module({
  imports: [DlqModule.explainedBy(TriggerExplainer), EventsModule],
  controllers: [
    ApprovalsController,
    AuditController,
    BacktestsController,
    BudgetsController,
    CausationController,
    DeadLetterBatchesController,
    DeadLettersController,
    EffectsController,
    EventsController,
    ExplainController,
    McpController,
    OperationsController,
    RecordingController,
    ReplayController,
    RunStreamController,
    RunStatsController,
    RunsController,
    SecretsController,
    TimersController,
    TriggersController,
    WebhooksController,
  ],
  providers: [CloudEventPublisher, EventPublisher, EventStreams, ApprovedRetries, McpTools, RunRecorder, SecretService],
})
export class ApiModule {}
