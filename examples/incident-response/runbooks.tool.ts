import { Injectable } from '@nestjs/common';
import { Tool } from '@reflex/agents';
import { z } from 'zod';

/** Put your own here, or read them from your wiki. */
const RUNBOOKS: Readonly<Record<string, string>> = {
  checkout: 'Look at the payment gateway first. Roll back the last release when it is younger than an hour.',
  search: 'Restart the indexer. Searches work without it, only older.',
};

const input = z.object({ service: z.string() });

@Injectable()
export class RunbooksTool {
  @Tool({ name: 'read_runbook', description: 'The runbook of a service.', input, effect: 'none' })
  read({ service }: z.output<typeof input>): string {
    return Object.hasOwn(RUNBOOKS, service) ? RUNBOOKS[service]! : `There is no runbook for "${service}".`;
  }
}
