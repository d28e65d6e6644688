import { Models } from '@reflex/agents';
import { accessOf, isLoopback, listenHost } from './config';
import type { Service } from './service';
import type { Settings } from './settings';

/** What was chosen and where to look, for the person at the terminal. */
export function banner({ app, url, database }: Service, settings: Settings): string {
  const explorer = settings.environment !== 'production' && settings.role !== 'worker';
  const lines: [string, string][] = [
    ['Database', database.description],
    ['Model', modelLine(app.get(Models).get().name)],
    ['Role', settings.role],
    [
      'Access',
      accessOf(settings) === 'open' ? 'open to everybody who can reach it' : 'with an API key (npx reflex keys)',
    ],
    ['Listening', addressLine(url, settings)],
    ...(explorer ? ([['Try it', `${url}/docs`]] as [string, string][]) : []),
    ['Look', `${url}/health/detailed`],
  ];
  const text = lines.map(([name, value]) => `  ${name.padEnd(10)} ${value}`).join('\n');
  return `\nReflex is ready (${settings.environment}).\n${text}\n\n`;
}

function modelLine(name: string): string {
  return name.startsWith('offline:') ? `${name}: answers by rules (set OPENAI_API_KEY for a real model)` : name;
}

function addressLine(url: string, settings: Settings): string {
  if (!isLoopback(listenHost(settings))) return url;
  const asked = settings.apiHost !== undefined && !isLoopback(settings.apiHost);
  return asked
    ? `${url} (this machine only: API_HOST counts once ACCESS is set)`
    : `${url} (this machine only; set API_HOST and ACCESS to open it)`;
}
