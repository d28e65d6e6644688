import { budgetJson } from '@reflex/dlq';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

interface Options extends CommonOptions {
  by: number;
  why: string;
}

@SubCommand({
  name: 'raise',
  arguments: '<id>',
  description: 'Add to a limit of today or of a run; the runs that wait for it go on',
})
export class BudgetsRaiseCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { by, why, json }: Options): Promise<void> {
    const { budgets } = await this.workspace.open();
    const budget = await budgets.raise(id, by, operator(why));
    if (json) return printJson(budgetJson(budget));
    const { allowed, raised, spent, unit } = budget;
    printLine(`It is ${allowed + raised} ${unit} now; ${Number(spent.toPrecision(6))} are used.`);
  }

  @Option({ flags: '--by <amount>', description: 'How much is added, in the unit of the budget', required: true })
  parseBy(text: string): number {
    const amount = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (amount >= 0.000_001 && amount <= 1_000_000_000) return amount;
    throw new Misuse('--by must be a number from 0.000001 to 1000000000.');
  }

  @Option({ flags: '--why <text>', description: 'Why, for the audit', required: true })
  parseWhy(text: string): string {
    return text;
  }
}
