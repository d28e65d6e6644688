import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidSetting } from '@reflex/core';
import { parse } from 'dotenv';
import { listenHost, readSettings } from './config';
import { VARIABLES } from './settings';
import type { Variable } from './setting-kinds';

const ROOT = join(__dirname, '..', '..', '..');
const PRODUCTION = {
  ENVIRONMENT: 'production',
  DATABASE_URL: 'postgres://reflex:pw@db/reflex',
  OPENAI_API_KEY: 'sk-1',
};

function refusal(texts: Record<string, string>): string {
  try {
    readSettings(texts);
  } catch (error) {
    if (error instanceof InvalidSetting) return error.message;
    throw error;
  }
  throw new Error(`Accepted ${JSON.stringify(texts)}`);
}

describe('readSettings', () => {
  it('has a value for everything that a laptop needs', () => {
    expect(readSettings({})).toMatchObject({
      environment: 'development',
      role: 'all',
      apiPort: 8_000,
      databaseUrl: undefined,
      rateLimitRequests: 6_000,
      rateLimitWindow: 60,
      eventMaxAttempts: 3,
      eventRetryBaseDelay: 1,
      eventRetryMaxDelay: 60,
      defaultModel: 'openai:gpt-4o-mini',
      trustedProxies: [],
    });
  });

  it('D35: takes every variable, as a new reading each time', () => {
    const texts = {
      ROLE: 'WORKER',
      API_HOST: '0.0.0.0',
      API_PORT: '0',
      LOG_LEVEL: 'WARNING',
      OPENAI_API_KEY: 'sk-2',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      ALLOWED_ORIGINS: 'https://a.example,http://b.example:81',
      EVENT_RETRY_BASE_DELAY: '0.5',
    };

    expect(readSettings(texts)).toMatchObject({
      role: 'worker',
      apiHost: '0.0.0.0',
      apiPort: 0,
      logLevel: 'warning',
      openaiApiKey: 'sk-2',
      trustedProxies: ['10.0.0.0/8', '::1'],
      allowedOrigins: ['https://a.example', 'http://b.example:81'],
      eventRetryBaseDelay: 0.5,
    });
    expect(readSettings({}).openaiApiKey).toBeUndefined();
  });

  it('takes an empty value for none', () => {
    expect(readSettings({ DATABASE_URL: '', API_PORT: ' ', OPENAI_API_KEY: '' })).toEqual(readSettings({}));
  });

  it.each([
    ['API_PORT', '80a'],
    ['API_PORT', '65536'],
    ['API_PORT', '-1'],
    ['API_HOST', 'a b'],
    ['ROLE', 'boss'],
    ['LOG_LEVEL', 'loud'],
    ['ENVIRONMENT', 'staging'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'localhost:5432'],
    ['DATABASE_POOL_SIZE', '0'],
    ['RATE_LIMIT_WINDOW', '0'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', 'everyone'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example/path'],
    ['JWT_SECRET', 'short'],
    ['DEFAULT_MODEL', 'gpt-4o'],
    ['EVENT_BACKEND', 'redis'],
    ['EVENT_MAX_ATTEMPTS', '0'],
    ['EVENT_MAX_ATTEMPTS', '1.5'],
    ['EVENT_RETRY_BASE_DELAY', 'soon'],
    ['OPENAI_BASE_URL', 'ftp://x'],
  ])('refuses %s=%s with one sentence that names it', (name, text) => {
    expect(refusal({ [name]: text })).toMatch(new RegExp(`^${name} must be [^\\n]+\\.$`));
  });

  it('does not show what is secret', () => {
    expect(refusal({ JWT_SECRET: 'hunter2' })).not.toContain('hunter2');
    expect(refusal({ DATABASE_URL: 'mysql://root:hunter2@db/x' })).not.toContain('hunter2');
  });

  it.each([
    ['EVENT_MAX_ATTEMPT', /^EVENT_MAX_ATTEMPT is not a setting of Reflex; did you mean EVENT_MAX_ATTEMPTS\?$/],
    ['REFLEX_COLOUR', /^REFLEX_COLOUR is not a setting of Reflex; docs\/configuration\.md/],
  ])('refuses the unknown %s', (name, sentence) => {
    expect(refusal({ [name]: '1' })).toMatch(sentence);
  });

  it('takes no offence at what the command line reads', () => {
    expect(() => readSettings({ REFLEX_URL: 'http://127.0.0.1:8000', REFLEX_API_KEY: 'rfx_a_b' })).not.toThrow();
  });

  it('lets variables of others be', () => {
    expect(readSettings({ POSTGRES_PASSWORD: 'x', PATH: '/bin' })).toEqual(readSettings({}));
  });

  it('refuses a longest delay below the first', () => {
    expect(refusal({ EVENT_RETRY_BASE_DELAY: '10', EVENT_RETRY_MAX_DELAY: '5' })).toContain('EVENT_RETRY_MAX_DELAY');
  });
});

describe('models', () => {
  it('may be those of servers of one’s own', () => {
    const { modelProviders } = readSettings({
      MODEL_PROVIDERS: 'ollama=http://localhost:11434/v1, groq=https://api.groq.com/openai/v1|gsk-1',
      DEFAULT_MODEL: 'ollama:qwen3:8b',
      FALLBACK_MODELS: 'groq:llama-3.3, offline:rules',
    });

    expect(modelProviders).toEqual({
      ollama: { baseUrl: 'http://localhost:11434/v1', apiKey: undefined },
      groq: { baseUrl: 'https://api.groq.com/openai/v1', apiKey: 'gsk-1' },
    });
  });

  it.each([
    ['MODEL_PROVIDERS', 'ollama'],
    ['MODEL_PROVIDERS', 'openai=http://localhost:1/v1'],
    ['MODEL_PROVIDERS', 'a=http://localhost:1/v1,a=http://localhost:2/v1'],
    ['MODEL_PROVIDERS', 'a=http://hunter2:hunter2@localhost:1/v1'],
    ['OPENAI_BASE_URL', 'http://hunter2:hunter2@localhost:1/v1'],
    ['FALLBACK_MODELS', 'gpt-4o'],
    ['FALLBACK_MODELS', 'nobody:gpt-4o'],
    ['DEFAULT_MODEL', 'nobody:gpt-4o'],
  ])('are refused as %s=%s', (name, text) => {
    expect(refusal({ [name]: text })).toMatch(new RegExp(`^${name} `));
    expect(refusal({ [name]: text })).not.toContain('hunter2');
  });
});

describe('production', () => {
  it('starts with a database and a model', () => {
    expect(readSettings(PRODUCTION).environment).toBe('production');
    expect(readSettings({ ...PRODUCTION, ENVIRONMENT: '', NODE_ENV: 'production' }).environment).toBe('production');
  });

  it.each([
    ['DATABASE_URL', ''],
    ['JWT_SECRET', 'change-me-change-me-change-me-change-me'],
    ['JWT_SECRET', 'for-this-machine-alone-and-nothing-else'],
    ['OPENAI_API_KEY', ''],
  ])('does not start with %s=%s', (name, text) => {
    expect(refusal({ ...PRODUCTION, [name]: text })).toMatch(new RegExp(`^${name} must be `));
  });

  it('does not start with a model to fall back to that has no key', () => {
    expect(refusal({ ...PRODUCTION, FALLBACK_MODELS: 'anthropic:claude-sonnet-4-5' })).toMatch(
      /^ANTHROPIC_API_KEY must be/,
    );
    expect(readSettings({ ...PRODUCTION, FALLBACK_MODELS: 'offline:rules' })).toBeDefined();
  });

  it('goes without a model only when told to', () => {
    expect(readSettings({ ...PRODUCTION, OPENAI_API_KEY: '', DEFAULT_MODEL: 'offline:rules' })).toBeDefined();
  });
});

describe('listenHost', () => {
  it.each([
    ['development', {}, '127.0.0.1'],
    ['development that asks for all addresses and does not say who may come', { API_HOST: '0.0.0.0' }, '127.0.0.1'],
    ['development on another loopback address', { API_HOST: '::1' }, '::1'],
    ['development that only says who may come', { ACCESS: 'keys' }, '127.0.0.1'],
    ['development that says both', { API_HOST: '0.0.0.0', ACCESS: 'keys' }, '0.0.0.0'],
    ['production', PRODUCTION, '0.0.0.0'],
    ['production that says where', { ...PRODUCTION, API_HOST: '10.1.2.3' }, '10.1.2.3'],
  ])('D15: %s', (_what, texts, host) => {
    expect(listenHost(readSettings(texts))).toBe(host);
  });
});

describe('what is written about the settings', () => {
  const variables = Object.entries<Variable<unknown>>(VARIABLES);

  it('is all in .env.example, with the values that hold anyway', () => {
    const example = readFileSync(join(ROOT, '.env.example'), 'utf8');

    expect(Object.entries(parse(example))).toEqual(variables.map(([name, { initial = '' }]) => [name, initial]));
    expect(readSettings(parse(example))).toEqual(readSettings({}));
  });

  it('is all in docs/configuration.md', () => {
    const page = readFileSync(join(ROOT, 'docs', 'configuration.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));

    const cells = rows.map((row) =>
      row
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual(
      variables.map(([name, { initial, expected, about }]) => [
        `\`${name}\``,
        initial ? `\`${initial}\`` : '',
        expected.replaceAll('|', '\\|'),
        about,
      ]),
    );
  });
});
