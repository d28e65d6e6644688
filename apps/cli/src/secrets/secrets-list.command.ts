import { SubCommand } from 'nest-commander';
import { printJson, printTable, type Column } from '../answer';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Secret {
  name: string;
  key_id: string;
  usable: boolean;
  created_at: string;
  updated_at: string;
  updated_by: string;
}

const COLUMNS: Column<Secret>[] = [
  ['NAME', ({ name }) => name],
  ['KEY', ({ key_id: keyId }) => keyId],
  ['USABLE', ({ usable }) => (usable ? 'yes' : 'no')],
  ['CREATED', ({ created_at: createdAt }) => new Date(createdAt)],
  ['UPDATED', ({ updated_at: updatedAt }) => new Date(updatedAt)],
  ['BY', ({ updated_by: updatedBy }) => updatedBy],
];

@SubCommand({ name: 'list', description: 'Names, times and who set them; never values' })
export class SecretsListCommand extends ServiceCommand {
  async run(_words: string[], { json, ...service }: ServiceOptions): Promise<void> {
    const secrets = (await this.ask(service, 'GET', '/secrets')) as { items: Secret[] };
    if (json) printJson(secrets);
    else printTable(secrets.items, COLUMNS, 'There are none. Store one: reflex secrets set NAME');
  }
}
