import { InvalidSetting } from '@reflex/core';
import type { AgentsOptions, ServerOptions } from '../../agents-options';
import type { Provider } from './provider-chat';

const OPENAI_URL = 'https://api.openai.com/v1';
const ANTHROPIC_URL = 'https://api.anthropic.com';
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const TAKEN = ['openai', 'anthropic', 'offline'];

/** Every provider that a model's name may begin with; `usable` when there is a key, or a server that may want none. */
export function providersOf({ openai, anthropic, providers = {} }: AgentsOptions): (Provider & { usable: boolean })[] {
  const own = Object.entries(providers).map(([name, server]) => {
    if (!NAME.test(name) || TAKEN.includes(name)) {
      throw new InvalidSetting(
        `"${name}" is no name for a provider: use a letter, then letters, digits and -, and none of ${TAKEN.join(', ')}.`,
      );
    }
    return provider(name, 'openai', server, 'MODEL_PROVIDERS', '');
  });
  return [
    provider('openai', 'openai', openai, 'OPENAI_API_KEY', OPENAI_URL),
    provider('anthropic', 'anthropic', anthropic, 'ANTHROPIC_API_KEY', ANTHROPIC_URL),
    ...own,
  ];
}

function provider(
  name: string,
  protocol: Provider['protocol'],
  { apiKey, baseUrl }: ServerOptions = {},
  keySetting: string,
  usualUrl: string,
) {
  return { name, protocol, apiKey, baseUrl: baseUrl || usualUrl, keySetting, usable: Boolean(apiKey || baseUrl) };
}
