import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine, printTable, type Column } from '../answer';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, type ServiceOptions } from '../service';
import { operator, Workspace } from '../workspace';

interface Options extends ServiceOptions {
  reason?: string;
  dryRun?: boolean;
}

interface Forecast {
  trigger: string;
  readable: boolean;
  problem: string | null;
  verdict: string | null;
  reason: string | null;
  effects: { effect_id: string; kind: string; name: string; status: string; then: string }[];
}

const COLUMNS: Column<Forecast['effects'][number]>[] = [
  ['EFFECT', ({ effect_id }) => effect_id],
  ['KIND', ({ kind }) => kind],
  ['NAME', ({ name }) => name],
  ['STATUS', ({ status }) => status],
  ['THEN', ({ then }) => then.replaceAll('_', ' ')],
];

@SubCommand({ name: 'retry', arguments: '<id>', description: 'Deliver a dead letter again, or all of an event' })
export class DlqRetryCommand extends ServiceCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { reason, dryRun, json, ...service }: Options): Promise<void> {
    if (dryRun) return this.foretell(id, service, json);
    const { deadLetters } = await this.workspace.open();
    const { eventId, retried } = await deadLetters.retry(id, operator(reason));
    if (json) printJson({ status: 'retrying', event_id: eventId, retried });
    else printLine(`Retrying ${retried} of event ${eventId}.`);
  }

  private async foretell(id: string, service: ServiceOptions, json: boolean | undefined): Promise<void> {
    const path = `/events/dlq/${encodeURIComponent(id)}/retry?dry_run=true`;
    const forecast = (await this.ask(service, 'POST', path, {})) as { items: Forecast[] };
    if (json) return printJson(forecast);
    for (const { trigger, readable, problem, verdict, reason, effects } of forecast.items) {
      const what = readable ? `${verdict ?? 'unknown'}: ${reason ?? ''}` : `cannot be read: ${problem ?? ''}`;
      printLine(`${trigger} ${what}`.trimEnd());
      printTable(effects, COLUMNS, 'Earlier attempts did nothing outside.');
    }
  }

  @Option({ flags: '--dry-run', description: 'Only tell what would happen; the running service is asked' })
  parseDryRun(): boolean {
    return true;
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
