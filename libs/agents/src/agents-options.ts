import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { DayBudgets } from './budgets/budget-options';
import type { ModelPrice } from './budgets/price-table';
import type { EgressOptions } from './egress/egress-options';
import type { ModelLimits } from './models/model-limits';

/** Where a provider of models is, and what it wants to see. */
export interface ServerOptions {
  apiKey?: string;
  baseUrl?: string;
}

export interface AgentsOptions {
  /** `provider:model` for agents that name none; default `openai:gpt-4o-mini`. */
  defaultModel?: string;
  /** Asked in this order when a model cannot answer, for agents that bring no list of their own. */
  fallbackModels?: readonly string[];
  /** A URL alone is enough for servers that want no key. */
  openai?: ServerOptions;
  anthropic?: ServerOptions;
  /** Further servers that speak the protocol of OpenAI, by what stands before the colon of `provider:model`. */
  providers?: Record<string, ServerOptions & { baseUrl: string }>;
  /** Whether the offline model answers for models that have neither key nor URL; default true. Otherwise they are refused. */
  standIn?: boolean;
  limits?: Partial<ModelLimits>;
  /** Limits of a day for all agents together. */
  budget?: DayBudgets;
  /** What models cost, by `provider:model`, where `*` stands for any text; goes before the table that comes with Reflex. */
  prices?: Record<string, ModelPrice>;
  /** What tools may refer to by `secret('NAME')`. Only the `EgressClient` gets to see the values. */
  secrets?: Record<string, string | undefined>;
  /** Which networks tools may reach beside the public ones. */
  egress?: EgressOptions;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: AGENTS_OPTIONS } =
  new ConfigurableModuleBuilder<AgentsOptions>({ moduleName: 'Agents' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
