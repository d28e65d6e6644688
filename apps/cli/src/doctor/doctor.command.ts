import { InvalidSetting } from '@reflex/core';
import { Command } from 'nest-commander';
import { printJson, printTable } from '../answer';
import { loadModelSettings, loadServiceSettings, loadSettings, type CliSettings } from '../config';
import { openDatabase } from '../database';
import { ServiceCommand, type ServiceOptions } from '../service';
import { databaseFindings } from './database-findings';
import { fail, ok, warn, type Finding } from './finding';

@Command({ name: 'doctor', description: 'Look whether all is well, and say what to do where it is not' })
export class DoctorCommand extends ServiceCommand {
  async run(_words: string[], { json, ...service }: ServiceOptions): Promise<void> {
    const settings = attempt(() => ({ ...loadSettings(), ...loadServiceSettings() }));
    const findings: Finding[] =
      settings instanceof InvalidSetting
        ? [fail('settings', settings.message)]
        : [
            ok(
              'settings',
              'Those that this program reads are valid; the service checks all of its own when it starts.',
            ),
            ...(await this.database(settings)),
            model(),
            await this.service(service),
          ];
    if (json) printJson({ items: findings });
    else
      printTable(
        findings,
        [
          ['', ({ status }) => status],
          ['CHECK', ({ name }) => name],
          ['FOUND', ({ message }) => message],
        ],
        '',
      );
    if (findings.some(({ status }) => status === 'fail')) process.exitCode = 1;
  }

  private async database(settings: CliSettings): Promise<Finding[]> {
    const database = await openDatabase(settings);
    try {
      return await databaseFindings(database.url);
    } finally {
      await database.stop();
    }
  }

  private async service(options: ServiceOptions): Promise<Finding> {
    try {
      await this.ask(options, 'GET', '/ready');
      return ok('service', 'Answers, and is ready.');
    } catch (error) {
      return warn('service', (error as Error).message);
    }
  }
}

function model(): Finding {
  const { defaultModel, hasServer } = loadModelSettings();
  if (hasServer) return ok('model', `${defaultModel}, with a key or a server of its own; it was not asked.`);
  if (defaultModel.startsWith('offline:')) return ok('model', `${defaultModel} answers, without a network.`);
  return warn('model', 'No OPENAI_API_KEY is set here: the offline model answers. Set one for real answers.');
}

function attempt<T>(read: () => T): T | InvalidSetting {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidSetting) return error;
    throw error;
  }
}
