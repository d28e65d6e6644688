import type { AgentsOptions } from '@reflex/agents';
import { InvalidSetting } from '@reflex/core';
import { z } from 'zod';
import type { Settings } from './settings';

const PROVIDER = /^([a-z][a-z0-9-]{0,31})=(https?:\/\/[^|\s]+)(?:\|(\S+))?$/;
const BUILT_IN = ['openai', 'anthropic', 'offline'];

/** What `provider:model` looks like. */
export const MODEL_NAME = /^[a-z][a-z0-9-]*:\S+$/;

type Providers = NonNullable<AgentsOptions['providers']>;

/** How the setting `MODEL_PROVIDERS` is read. */
export function modelProviders() {
  return {
    schema: z.string().transform((text, context): Providers => {
      const entries = text.split(',').map((entry) => PROVIDER.exec(entry.trim()));
      const names = entries.map((entry) => entry?.[1]);
      const good = entries.every((entry) => entry && isPlainUrl(entry[2]!) && !BUILT_IN.includes(entry[1]!));
      if (good && new Set(names).size === names.length) {
        return Object.fromEntries(entries.map((entry) => [entry![1]!, { baseUrl: entry![2]!, apiKey: entry![3] }]));
      }
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }),
    expected: `name=URL or name=URL|key, separated by commas, each name once and none of ${BUILT_IN.join(', ')}, and no user or password in a URL`,
    secret: true,
  };
}

const Price = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  cachedInput: z.number().min(0).optional(),
  cacheWrite: z.number().min(0).optional(),
});

/** How the setting `MODEL_PRICES` is read. */
export function modelPrices() {
  return {
    schema: z.string().transform((text, context): NonNullable<AgentsOptions['prices']> => {
      const read = z.record(z.string().regex(MODEL_NAME), Price).safeParse(jsonOf(text));
      if (read.success) return read.data;
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }),
    expected:
      'JSON such as {"groq:llama-3.3-70b-versatile":{"input":0.59,"output":0.79},"ollama:*":{"input":0,"output":0}}, with cachedInput and cacheWrite if they differ',
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The URL of a server of models; a password in it would stand in error messages, so it is refused. */
export function modelServerUrl() {
  return {
    schema: z.string().refine((text) => /^https?:/.test(text) && isPlainUrl(text)),
    expected: 'a URL that starts with http:// or https://, without user and password',
    secret: true,
  };
}

/** The part of the settings that agents need. */
export function agentsOf(settings: Settings): AgentsOptions {
  return {
    defaultModel: settings.defaultModel,
    fallbackModels: settings.fallbackModels,
    openai: { apiKey: settings.openaiApiKey, baseUrl: settings.openaiBaseUrl },
    anthropic: { apiKey: settings.anthropicApiKey, baseUrl: settings.anthropicBaseUrl },
    providers: settings.modelProviders,
    standIn: settings.environment !== 'production',
    limits: {
      connectMs: settings.modelConnectTimeout * 1_000,
      firstTokenMs: settings.modelFirstTokenTimeout * 1_000,
      totalMs: settings.modelTimeout * 1_000,
      outputTokens: settings.modelMaxOutputTokens,
    },
    prices: settings.modelPrices,
    budget: {
      perDay: { usd: settings.budgetUsdPerDay, tokens: settings.budgetTokensPerDay },
      perScope: { usd: settings.budgetUsdPerScope },
      onExhausted: settings.budgetOnExhausted,
    },
  };
}

/** Throws for a model of a provider that there is not or that, in production, has no key. */
export function refuseModels(settings: Settings): void {
  const models: [setting: string, name: string][] = [
    ['DEFAULT_MODEL', settings.defaultModel],
    ...settings.fallbackModels.map((name): [string, string] => ['FALLBACK_MODELS', name]),
  ];
  const own = Object.keys(settings.modelProviders ?? {});
  for (const [setting, name] of models) {
    const provider = name.slice(0, name.indexOf(':'));
    if (![...BUILT_IN, ...own].includes(provider)) {
      throw new InvalidSetting(
        `${setting} names ${name}, but there is no provider "${provider}". Write openai, anthropic or offline before the colon, or add it to MODEL_PROVIDERS.`,
      );
    }
    if (settings.environment === 'production') refuseWithoutKey(settings, provider, name);
  }
}

function refuseWithoutKey(settings: Settings, provider: string, name: string): void {
  const missing =
    (provider === 'openai' && !settings.openaiApiKey && !settings.openaiBaseUrl && 'OPENAI_API_KEY') ||
    (provider === 'anthropic' && !settings.anthropicApiKey && !settings.anthropicBaseUrl && 'ANTHROPIC_API_KEY');
  if (missing) {
    throw new InvalidSetting(
      `${missing} must be set in production for ${name}; write DEFAULT_MODEL=offline:rules to go without a model.`,
    );
  }
}

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}
