import { readFileSync } from 'node:fs';
import { InvalidSetting } from '@reflex/core';
import { parse } from 'dotenv';

/** What the command line needs of the service's settings: where the database is. */
export interface CliSettings {
  databaseUrl: string | undefined;
  dataDir: string;
}

/** How to reach the service, for what only it can do. */
export interface ServiceSettings {
  serviceUrl: string;
  apiKey: string | undefined;
}

type Texts = Record<string, string | undefined>;

/** From the same environment and `.env` as the service's. */
export function loadSettings(): CliSettings {
  return readSettings({ ...dotenv('.env'), ...withoutBlanks(process.env) });
}

/** Needs no database to be configured. */
export function loadServiceSettings(): ServiceSettings {
  const texts = withoutBlanks({ ...dotenv('.env'), ...withoutBlanks(process.env) });
  const { REFLEX_URL, REFLEX_API_KEY: apiKey, API_PORT: port } = texts;
  const serviceUrl = REFLEX_URL ?? `http://127.0.0.1:${port === undefined || port === '0' ? 8_000 : port}`;
  if (!/^https?:$/.test(URL.parse(serviceUrl)?.protocol ?? '')) {
    throw new InvalidSetting('REFLEX_URL must be a URL that starts with http:// or https://.');
  }
  return { serviceUrl, apiKey };
}

/** Which model the service's agents would use, if it has the same settings. */
export function loadModelSettings(): { defaultModel: string; hasServer: boolean } {
  const texts = withoutBlanks({ ...dotenv('.env'), ...withoutBlanks(process.env) });
  const { DEFAULT_MODEL: defaultModel = 'openai:gpt-4o-mini', OPENAI_API_KEY: key, OPENAI_BASE_URL: url } = texts;
  return { defaultModel, hasServer: !defaultModel.startsWith('offline:') && (key ?? url) !== undefined };
}

export function readSettings(texts: Texts): CliSettings {
  const { DATABASE_URL: databaseUrl, REFLEX_DATA_DIR: dataDir = '.reflex' } = withoutBlanks(texts);
  if (databaseUrl !== undefined && !/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? '')) {
    throw new InvalidSetting('DATABASE_URL must be a URL that starts with postgres:// or postgresql://.');
  }
  const environment = texts.ENVIRONMENT ?? texts.NODE_ENV;
  if (databaseUrl === undefined && environment?.toLowerCase() === 'production') {
    throw new InvalidSetting('DATABASE_URL must be set in production: the embedded PostgreSQL is for development.');
  }
  return { databaseUrl, dataDir };
}

function dotenv(path: string): Texts {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new InvalidSetting(`The file ${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

// `NAME=` in a .env file means "not set".
function withoutBlanks(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text.trim() !== ''));
}
