import { InvalidSetting } from '@reflex/core';

export interface ModelName {
  provider: string;
  model: string;
}

/** Reads `provider:model`; what follows the first colon is the provider's own name, which may hold colons too. */
export function parseModelName(name: string, providers: readonly string[]): ModelName {
  const colon = name.indexOf(':');
  const provider = name.slice(0, colon);
  const model = name.slice(colon + 1).trim();
  if (colon < 1 || model === '' || !providers.includes(provider)) {
    throw new InvalidSetting(
      `"${name}" is not a model. Write provider:model, such as openai:gpt-4o-mini; the providers are ${providers.join(', ')}.`,
    );
  }
  return { provider, model };
}
