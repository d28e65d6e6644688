import { backtestText, type Backtest } from '@reflex/core';
import { Command, Option } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { namesOf } from '../options';
import { lengthOfTime, timePast } from '../point-in-time';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  trigger: string;
  last?: number;
  start?: Date;
  end?: Date;
  types?: string[];
  set?: Record<string, string>;
  warmUp?: string;
  expectSame?: boolean;
  all?: boolean;
  answers?: boolean;
  model?: boolean;
}

@Command({
  name: 'backtest',
  description: 'What a trigger, with other values of its parameters, would have done over recorded history',
})
export class BacktestCommand extends ServiceCommand {
  async run(_words: string[], options: Options): Promise<void> {
    const { trigger, last, start, end, types, set, warmUp, json, expectSame, all, answers, model } = options;
    if ((last === undefined) === (start === undefined)) throw new Misuse('Say either --last 7d or --start <time>.');
    if (last !== undefined && end !== undefined) throw new Misuse('--end goes with --start, not with --last.');
    const to = end ?? new Date();
    const from = start ?? new Date(to.getTime() - last!);
    if (!(from < to)) throw new Misuse('--start must be before --end.');
    const range = { from: from.toISOString(), to: to.toISOString(), types };
    const body = {
      trigger,
      ...range,
      set,
      warm_up: warmUp,
      handlers: model ? 'model' : answers ? 'recorded' : undefined,
    };
    const backtest = (await this.watch(options, '/backtests', body, 'events')) as Backtest;
    if (json) printJson(backtest);
    else printLine(backtestText(backtest, { colours: process.stdout.hasColors?.() ?? false, all }));
    if (expectSame && !isSame(backtest)) process.exitCode = 1;
  }

  @Option({ flags: '--trigger <name>', description: 'Name of the trigger', required: true })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--last <duration>', description: 'Events received within 1h, 7d …' })
  parseLast(text: string): number {
    return lengthOfTime('--last', text);
  }

  @Option({ flags: '--start <time>', description: 'Received at or after: ISO 8601, UTC without a zone' })
  parseStart(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--end <time>', description: 'Received before; default now' })
  parseEnd(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--types <list>', description: 'Only these types or globs, separated by commas' })
  parseTypes(text: string): string[] {
    return namesOf('--types', text);
  }

  @Option({ flags: '--set <name=value>', description: 'Another value of a parameter; may be repeated' })
  parseSet(text: string, former: Record<string, string> = {}): Record<string, string> {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined) throw new Misuse('--set must be a name and a value, such as --set threshold=8.');
    return { ...former, [name]: value! };
  }

  @Option({
    flags: '--warm-up <duration>',
    description: 'Begin so long before; default as long as the condition looks back',
  })
  parseWarmUp(text: string): string {
    lengthOfTime('--warm-up', text);
    return text;
  }

  @Option({ flags: '--expect-same', description: 'Exit with 1 when anything differs, for CI' })
  parseExpectSame(): boolean {
    return true;
  }

  @Option({ flags: '--answers', description: 'Call the handler as well, with the recorded answers of models' })
  parseAnswers(): boolean {
    return true;
  }

  @Option({ flags: '--model', description: 'The same, and ask a model for what is not on record' })
  parseModel(): boolean {
    return true;
  }

  @Option({ flags: '--all', description: 'Print all differences, not the first 20 alone' })
  parseAll(): boolean {
    return true;
  }
}

function isSame({ differ, answers }: Backtest): boolean {
  return differ === 0 && (answers?.items.length ?? 0) === 0;
}
