import { Module } from '@nestjs/common';
import { ApprovalsApproveCommand } from './approvals/approvals-approve.command';
import { ApprovalsCommand } from './approvals/approvals.command';
import { ApprovalsDenyCommand } from './approvals/approvals-deny.command';
import { ApprovalsListCommand } from './approvals/approvals-list.command';
import { ApprovalsShowCommand } from './approvals/approvals-show.command';
import { BudgetsCommand } from './budgets/budgets.command';
import { BudgetsListCommand } from './budgets/budgets-list.command';
import { BudgetsRaiseCommand } from './budgets/budgets-raise.command';
import { DlqCommand } from './dlq/dlq.command';
import { DlqClustersCommand } from './dlq/dlq-clusters.command';
import { DlqEditCommand } from './dlq/dlq-edit.command';
import { DlqExportCommand } from './dlq/dlq-export.command';
import { DlqPurgeCommand } from './dlq/dlq-purge.command';
import { DlqRetryAllCommand } from './dlq/dlq-retry-all.command';
import { DlqDeleteCommand } from './dlq/dlq-delete.command';
import { DlqListCommand } from './dlq/dlq-list.command';
import { DlqRetryCommand } from './dlq/dlq-retry.command';
import { DlqShowCommand } from './dlq/dlq-show.command';
import { DoctorCommand } from './doctor/doctor.command';
import { EffectsCommand } from './effects/effects.command';
import { EffectsListCommand } from './effects/effects-list.command';
import { EffectsResolveCommand } from './effects/effects-resolve.command';
import { EffectsShowCommand } from './effects/effects-show.command';
import { EmitCommand } from './events/emit.command';
import { GraphCommand } from './events/graph.command';
import { ReplayCommand } from './events/replay.command';
import { TailCommand } from './events/tail.command';
import { KeysCommand } from './keys/keys.command';
import { KeysCreateCommand } from './keys/keys-create.command';
import { KeysListCommand } from './keys/keys-list.command';
import { KeysRevokeCommand } from './keys/keys-revoke.command';
import { MigrateCommand } from './migrate.command';
import { RunsCommand } from './runs/runs.command';
import { RunsExportCommand } from './runs/runs-export.command';
import { RunsListCommand } from './runs/runs-list.command';
import { RunsShowCommand } from './runs/runs-show.command';
import { RunsStatsCommand } from './runs/stats.command';
import { SecretsCommand } from './secrets/secrets.command';
import { SecretsDeleteCommand } from './secrets/secrets-delete.command';
import { SecretsListCommand } from './secrets/secrets-list.command';
import { SecretsRotateCommand } from './secrets/secrets-rotate.command';
import { SecretsSetCommand } from './secrets/secrets-set.command';
import { TimersCommand } from './timers/timers.command';
import { TimersListCommand } from './timers/timers-list.command';
import { TimersPauseCommand } from './timers/timers-pause.command';
import { TimersResumeCommand } from './timers/timers-resume.command';
import { BacktestCommand } from './triggers/backtest.command';
import { TriggersCommand } from './triggers/triggers.command';
import { TriggersListCommand } from './triggers/triggers-list.command';
import { TriggersPauseCommand } from './triggers/triggers-pause.command';
import { TriggersResumeCommand } from './triggers/triggers-resume.command';
import { TriggersExplainCommand } from './triggers/triggers-explain.command';
import { UsageErrors } from './usage-errors';
import { Workspace } from './workspace';

/** The command line: one class per command. */
@Module({
  providers: [
    ApprovalsApproveCommand,
    ApprovalsCommand,
    ApprovalsDenyCommand,
    ApprovalsListCommand,
    ApprovalsShowCommand,
    BacktestCommand,
    BudgetsCommand,
    BudgetsListCommand,
    BudgetsRaiseCommand,
    DlqCommand,
    DlqClustersCommand,
    DlqEditCommand,
    DlqExportCommand,
    DlqPurgeCommand,
    DlqRetryAllCommand,
    DlqDeleteCommand,
    DlqListCommand,
    DlqRetryCommand,
    DlqShowCommand,
    DoctorCommand,
    EffectsCommand,
    EffectsListCommand,
    EffectsResolveCommand,
    EffectsShowCommand,
    EmitCommand,
    GraphCommand,
    KeysCommand,
    KeysCreateCommand,
    KeysListCommand,
    KeysRevokeCommand,
    MigrateCommand,
    ReplayCommand,
    RunsCommand,
    RunsExportCommand,
    RunsListCommand,
    RunsShowCommand,
    RunsStatsCommand,
    SecretsCommand,
    SecretsDeleteCommand,
    SecretsListCommand,
    SecretsRotateCommand,
    SecretsSetCommand,
    TailCommand,
    TimersCommand,
    TimersListCommand,
    TimersPauseCommand,
    TimersResumeCommand,
    TriggersCommand,
    TriggersListCommand,
    TriggersPauseCommand,
    TriggersResumeCommand,
    TriggersExplainCommand,
    UsageErrors,
    Workspace,
  ],
})
export class CliModule {}
