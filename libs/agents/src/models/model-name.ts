import { InvalidSetting } from '@reflex/core';

export const PROVIDERS = ['openai', 'offline'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface ModelName {
  provider: Provider;
  model: string;
}

/** Reads `provider:model`; what follows the first colon is the provider's own name, which may hold colons too. */
export function parseModelName(name: string): ModelName {
  const colon = name.indexOf(':');
  const provider = name.slice(0, colon);
  const model = name.slice(colon + 1).trim();
  if (colon < 1 || model === '' || !isProvider(provider)) {
    throw new InvalidSetting(
      `"${name}" is not a model. Write provider:model, such as openai:gpt-4o-mini; the providers are ${PROVIDERS.join(', ')}.`,
    );
  }
  return { provider, model };
}

function isProvider(text: string): text is Provider {
  return (PROVIDERS as readonly string[]).includes(text);
}
