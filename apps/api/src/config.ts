import { readFileSync } from 'node:fs';
import { InvalidSetting } from '@reflex/core';
import { parse } from 'dotenv';
import { refuseModels } from './model-settings';
import { VARIABLES, type Settings } from './settings';
import type { Variable } from './setting-kinds';
import { nameInSettings } from './setting-names';
import { similarName } from './similar-name';

type Texts = Record<string, string | undefined>;

// Names that are ours alone: one that we do not know is a typing mistake whose setting would silently not apply.
const OWN_NAMES = /^(REFLEX|EVENT)_/;
// Texts of examples.
const PLACEHOLDER = /change|example|secret|for-this-machine/i;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Reads the settings of this process from its environment and `.env`; throws `InvalidSetting` with one sentence. */
export function loadSettings(): Settings {
  return readSettings({ ...dotenv('.env'), ...withoutBlanks(process.env) });
}

/** The same from given texts. */
export function readSettings(texts: Texts): Settings {
  refuseUnknown(texts);
  const environment = texts.NODE_ENV === 'production' ? { ENVIRONMENT: 'production' } : {};
  const given: Texts = { ...environment, ...withoutBlanks(texts) };
  const entries = Object.entries(VARIABLES).map(([name, variable]) => [
    nameInSettings(name),
    read(name, variable, given[name]),
  ]);
  const settings = Object.fromEntries(entries) as Settings;
  refuseContradictions(settings);
  return settings;
}

/** Where to listen: development stays on this machine, whatever `API_HOST` says, until somebody has said who may use it. */
export function listenHost({ environment, apiHost, access }: Settings): string {
  if (environment === 'production') return apiHost ?? '0.0.0.0';
  return apiHost !== undefined && access !== undefined ? apiHost : loopbackOf(apiHost);
}

/** Who may use it: nobody without a key, unless only its developer can reach it. */
export function accessOf(settings: Settings): 'open' | 'keys' {
  if (settings.access !== undefined) return settings.access;
  return settings.environment !== 'production' && isLoopback(listenHost(settings)) ? 'open' : 'keys';
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function loopbackOf(apiHost: string | undefined): string {
  return apiHost !== undefined && isLoopback(apiHost) ? apiHost : '127.0.0.1';
}

function read(name: string, variable: Variable<unknown>, given: string | undefined): unknown {
  const text = given ?? variable.initial;
  if (text === undefined) return undefined;
  const result = variable.schema.safeParse(text.trim());
  if (result.success) return result.data;
  const shown = variable.secret ? 'the value given is not' : `it is "${text.slice(0, 100)}"`;
  throw new InvalidSetting(`${name} must be ${variable.expected}, but ${shown}.`);
}

/** Of the command line alone; whoever uses it has them in the shell that starts the service. */
const COMMAND_LINE = new Set(['REFLEX_URL', 'REFLEX_API_KEY']);

function refuseUnknown(texts: Texts): void {
  for (const name of Object.keys(texts)) {
    if (!OWN_NAMES.test(name) || Object.hasOwn(VARIABLES, name) || COMMAND_LINE.has(name)) continue;
    const similar = similarName(name, Object.keys(VARIABLES));
    const advice = similar ? `did you mean ${similar}?` : 'docs/configuration.md lists those there are.';
    throw new InvalidSetting(`${name} is not a setting of Reflex; ${advice}`);
  }
}

function refuseContradictions(settings: Settings): void {
  if (settings.eventRetryMaxDelay < settings.eventRetryBaseDelay) {
    throw new InvalidSetting('EVENT_RETRY_MAX_DELAY must not be below EVENT_RETRY_BASE_DELAY.');
  }
  if (settings.environment === 'production') refuseInProduction(settings);
  refuseModels(settings);
}

function refuseInProduction(settings: Settings): void {
  const loopback = settings.egressPrivateNetworks.find((network) => isLoopback(network.split('/', 1)[0]!));
  if (loopback !== undefined) {
    throw new InvalidSetting(
      `EGRESS_PRIVATE_NETWORKS must not name ${loopback} in production: tools would reach what listens on this machine.`,
    );
  }
  if (settings.access === 'open') {
    throw new InvalidSetting(
      'ACCESS must not be open in production. Remove it, and make keys with "npx reflex keys create".',
    );
  }
  if (settings.databaseUrl === undefined) {
    throw new InvalidSetting('DATABASE_URL must be set in production: the embedded PostgreSQL is for development.');
  }
  if (settings.jwtSecret !== undefined && PLACEHOLDER.test(settings.jwtSecret)) {
    throw new InvalidSetting(
      'JWT_SECRET must be a random text in production; make one with "openssl rand -base64 32".',
    );
  }
}

function dotenv(path: string): Texts {
  try {
    return withoutBlanks(parse(readFileSync(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new InvalidSetting(`The file ${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

// `NAME=` in a .env file means "not set".
function withoutBlanks(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text.trim() !== ''));
}
