import { Option, SubCommand } from 'nest-commander';
import { effectJson } from '@reflex/dlq';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { jsonOf } from '../options';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

interface Options extends CommonOptions {
  happened?: boolean;
  didNotHappen?: boolean;
  result?: unknown;
  why: string;
}

@SubCommand({
  name: 'resolve',
  arguments: '<id>',
  description: 'Say whether an unknown effect happened; the run that waits for it goes on',
})
export class EffectsResolveCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { happened = false, didNotHappen = false, result, why, json }: Options): Promise<void> {
    if (happened === didNotHappen) throw new Misuse('Say either --happened or --did-not-happen.');
    if (didNotHappen && result !== undefined) throw new Misuse('What did not happen has no --result.');
    const { effects } = await this.workspace.open();
    const outcome = happened ? 'happened' : 'did_not_happen';
    const effect = await effects.resolve(id, { outcome, result, why }, operator(why));
    if (json) return printJson(effectJson(effect));
    printLine(happened ? `"${effect.name}" counts as done.` : `"${effect.name}" will be called again.`);
  }

  @Option({ flags: '--happened', description: 'It acted; the agent goes on with --result' })
  parseHappened(): boolean {
    return true;
  }

  @Option({ flags: '--did-not-happen', description: 'It did not act, and is called again' })
  parseDidNotHappen(): boolean {
    return true;
  }

  @Option({ flags: '--result <json>', description: 'What the tool would have answered' })
  parseResult(text: string): unknown {
    return jsonOf('--result', text);
  }

  @Option({ flags: '--why <text>', description: 'How you know, for the audit', required: true })
  parseWhy(text: string): string {
    return text;
  }
}
