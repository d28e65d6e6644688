import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';
import { keyJson } from './key-view';

@SubCommand({ name: 'revoke', arguments: '<key>', description: 'End a key, by its prefix or id, within 10 seconds' })
export class KeysRevokeCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([key]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { keys, audit } = await this.workspace.open();
    const revoked = await audit.perform(
      { ...operator(reason), action: 'key.revoke', target: key },
      () => keys.revoke(key),
      ({ id, name, prefix }) => ({ id, name, prefix }),
    );
    if (json) printJson(keyJson(revoked));
    else printLine(`Revoked the key "${revoked.name}" (${revoked.prefix}).`);
  }
}
