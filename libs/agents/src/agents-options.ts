import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface AgentsOptions {
  /** `provider:model` for agents that name none; default `openai:gpt-4o-mini`. */
  defaultModel?: string;
  /** Without key and URL the offline model answers. A URL alone is enough for servers that want no key. */
  openai?: { apiKey?: string; baseUrl?: string };
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: AGENTS_OPTIONS } =
  new ConfigurableModuleBuilder<AgentsOptions>({ moduleName: 'Agents' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
