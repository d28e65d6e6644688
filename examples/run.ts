import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidSetting } from '@reflex/core';
import { banner } from '../apps/api/src/banner';
import { loadSettings } from '../apps/api/src/config';
import { startService, type Service } from '../apps/api/src/service';
import type { Settings } from '../apps/api/src/settings';
import { startFailure } from '../apps/api/src/start-failure';
import { commandsToTry, EXAMPLES } from './catalogue';

const USAGE = `npm run example -- <name> [--port 8000]\n  ${Object.keys(EXAMPLES).join('\n  ')}`;

async function main(): Promise<void> {
  let settings: Settings | undefined;
  try {
    const { name, port } = wanted(process.argv.slice(2));
    settings = settingsOf(name, port);
    const service = await startService(settings, { log: say, domain: [{ module: EXAMPLES[name]! }] });
    stopOnSignal(service);
    say(banner(service, settings));
    say(`Example "${name}", explained in examples/${name}/README.md. In another terminal:\n`);
    say(commandsToTry(name).replaceAll('localhost:8000', new URL(service.url).host));
  } catch (error) {
    process.stderr.write(`${startFailure(error, settings)}\n`);
    process.exit(1);
  }
}

function wanted(args: string[]): { name: string; port?: number } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    strict: false,
    options: { port: { type: 'string' } },
  });
  const [name = ''] = positionals;
  if (!Object.hasOwn(EXAMPLES, name)) {
    throw new InvalidSetting(name ? `There is no example "${name}".\n\n${USAGE}` : USAGE);
  }
  if (values.port === undefined) return { name };
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidSetting(`--port must be a number from 0 to 65535, but it is "${String(values.port)}".`);
  }
  return { name, port };
}

// Each example has a database of its own, so that it never mixes with the service's events, nor touches a real one.
function settingsOf(name: string, port: number | undefined): Settings {
  const settings = loadSettings();
  return {
    ...settings,
    databaseUrl: undefined,
    reflexDataDir: join(settings.reflexDataDir, 'examples', name),
    apiPort: port ?? settings.apiPort,
  };
}

function stopOnSignal(service: Service): void {
  let stopping: Promise<void> | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    stopping ??= service.stop(signal).finally(() => process.exit());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

void main();
