import { isScope, SCOPES } from '@reflex/auth';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { timeToCome } from '../point-in-time';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';
import { keyJson } from './key-view';

interface Options extends OperatorOptions {
  name: string;
  scopes: string[];
  expires?: string;
}

@SubCommand({ name: 'create', description: 'Make a key; its secret is shown once' })
export class KeysCreateCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { name, scopes, expires, reason, json }: Options): Promise<void> {
    const expiresAt = expires === undefined ? null : timeToCome(expires, Date.now());
    const { keys, audit } = await this.workspace.open();
    const action = {
      ...operator(reason),
      action: 'key.create',
      target: name,
      details: { scopes, expires_at: expiresAt },
    };
    const { key, ...made } = await audit.perform(
      action,
      () => keys.create({ name, scopes, expiresAt }),
      ({ id, prefix }) => ({ id, prefix }),
    );
    if (json) return printJson({ ...keyJson(made), key });
    printLine(key);
    process.stderr.write('Keep it now: it is stored as a hash only and cannot be shown again.\n');
  }

  @Option({ flags: '--name <name>', description: 'Whose it is', required: true })
  parseName(text: string): string {
    return text;
  }

  @Option({ flags: '--scopes <list>', description: `Of ${SCOPES.join(', ')}; separated by commas`, required: true })
  parseScopes(text: string): string[] {
    const scopes = text.split(',').map((scope) => scope.trim());
    const unknown = scopes.find((scope) => !isScope(scope));
    if (unknown !== undefined) throw new Misuse(`"${unknown}" is no scope. There are ${SCOPES.join(', ')}.`);
    return scopes;
  }

  @Option({ flags: '--expires <time>', description: 'After a duration such as 30d, or at a date; default never' })
  parseExpires(text: string): string {
    return text;
  }
}
