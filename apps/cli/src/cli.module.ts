import { Module } from '@nestjs/common';
import { DlqCommand } from './dlq/dlq.command';
import { DlqDeleteCommand } from './dlq/dlq-delete.command';
import { DlqListCommand } from './dlq/dlq-list.command';
import { DlqRetryCommand } from './dlq/dlq-retry.command';
import { DlqShowCommand } from './dlq/dlq-show.command';
import { KeysCommand } from './keys/keys.command';
import { KeysCreateCommand } from './keys/keys-create.command';
import { KeysListCommand } from './keys/keys-list.command';
import { KeysRevokeCommand } from './keys/keys-revoke.command';
import { MigrateCommand } from './migrate.command';
import { UsageErrors } from './usage-errors';
import { Workspace } from './workspace';

/** The command line: one class per command. */
@Module({
  providers: [
    DlqCommand,
    DlqDeleteCommand,
    DlqListCommand,
    DlqRetryCommand,
    DlqShowCommand,
    KeysCommand,
    KeysCreateCommand,
    KeysListCommand,
    KeysRevokeCommand,
    MigrateCommand,
    UsageErrors,
    Workspace,
  ],
})
export class CliModule {}
