import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  reason?: string;
}

interface Rotation {
  key_id: string;
  rotated: number;
  left: string[];
}

@SubCommand({ name: 'rotate', description: 'Seal all with the first key of SECRETS_KEYS; their values stay' })
export class SecretsRotateCommand extends ServiceCommand {
  async run(_words: string[], { reason, json, ...service }: Options): Promise<void> {
    const body = reason === undefined ? {} : { reason };
    const rotation = (await this.ask(service, 'POST', '/secrets/rotate', body)) as Rotation;
    if (rotation.left.length > 0) process.exitCode = 1;
    if (json) return printJson(rotation);
    printLine(`Sealed anew: ${rotation.rotated}. All that open are sealed with the key "${rotation.key_id}".`);
    if (rotation.left.length === 0) return printLine('The other keys can go.');
    printLine(`No key opens ${rotation.left.join(', ')}: add the key that is missing, or set them anew.`);
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
