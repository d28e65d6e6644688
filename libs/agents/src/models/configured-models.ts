import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InvalidSetting } from '@reflex/core';
import { AGENTS_OPTIONS, type AgentsOptions } from '../agents-options';
import { DEFAULT_MODEL_LIMITS, type ModelLimits } from './model-limits';
import { parseModelName } from './model-name';
import { Models, type AgentModel, type ModelChoice } from './models';
import { OfflineChatModel } from './offline/offline-chat-model';
import { providerChat } from './providers/provider-chat';
import { ProviderGate } from './providers/provider-gate';
import { providersOf } from './providers/providers';

const DEFAULT_MODEL = 'openai:gpt-4o-mini';
const OFFLINE = 'offline';
const STAND_IN = `${OFFLINE}:rules`;

/**
 * The models that the application's settings allow. One whose provider has neither key nor URL is left out of its chain;
 * where none is left, the offline model stands in, unless the settings forbid that.
 */
@Injectable()
export class ConfiguredModels extends Models implements OnModuleInit {
  private readonly logger = new Logger('Models');
  private readonly limits: ModelLimits;
  private readonly providers: ReturnType<typeof providersOf>;
  private readonly gates = new Map<string, ProviderGate>();
  private readonly chains = new Map<string, AgentModel>();

  constructor(@Inject(AGENTS_OPTIONS) private readonly options: AgentsOptions) {
    super();
    this.limits = { ...DEFAULT_MODEL_LIMITS, ...options.limits };
    this.providers = providersOf(options);
  }

  onModuleInit(): void {
    const wanted = this.namesOf(null);
    const { name, fallbacks = [] } = this.get();
    if (name === STAND_IN && !wanted.includes(STAND_IN)) {
      const settings = [...new Set(wanted.map((model) => this.providerOf(model)!.keySetting))];
      const instead = `${name} instead of ${wanted.join(', ')}`;
      this.logger.warn(`No ${settings.join(' or ')} is set, so agents use ${instead}: rules, not a model.`);
    } else {
      const chain = [name, ...fallbacks.map((fallback) => fallback.name)].join(', then ');
      this.logger.log(`Agents use ${chain} unless they name a model of their own.`);
    }
  }

  get(choice?: ModelChoice | null): AgentModel {
    const names = this.namesOf(choice);
    const key = names.join('\n');
    let chain = this.chains.get(key);
    if (!chain) this.chains.set(key, (chain = this.chainOf(names)));
    return chain;
  }

  private namesOf(choice: ModelChoice | null | undefined): string[] {
    if (typeof choice === 'object' && choice !== null && choice.length > 0) return [...new Set(choice)];
    const first = typeof choice === 'string' ? choice : (this.options.defaultModel ?? DEFAULT_MODEL);
    return [...new Set([first, ...(this.options.fallbackModels ?? [])])];
  }

  private chainOf(names: string[]): AgentModel {
    const models = names.map((name) => this.modelNamed(name)).filter((model) => model !== null);
    const [first = { name: STAND_IN, chat: new OfflineChatModel() }, ...fallbacks] = models;
    return { ...first, fallbacks };
  }

  /** `null` when its provider cannot be used. */
  private modelNamed(name: string): AgentModel | null {
    const provider = this.providerOf(name);
    if (!provider) return { name, chat: new OfflineChatModel() };
    const { keySetting, apiKey: secret } = provider;
    if (!provider.usable) {
      if (this.options.standIn ?? true) return null;
      throw new InvalidSetting(`${keySetting} must be set for ${name}. Set it, or choose another model.`);
    }
    const { model } = this.parse(name);
    const chat = providerChat(provider, model, this.limits);
    const gate = this.gateOf(provider.name);
    return { name, chat, keySetting, secret, gate, limits: this.limits, saysWhenDone: true };
  }

  /** `undefined` for the offline model. */
  private providerOf(name: string) {
    const { provider } = this.parse(name);
    return this.providers.find((known) => known.name === provider);
  }

  private parse(name: string) {
    return parseModelName(name, [...this.providers.map((provider) => provider.name), OFFLINE]);
  }

  private gateOf(provider: string): ProviderGate {
    let gate = this.gates.get(provider);
    if (!gate) this.gates.set(provider, (gate = new ProviderGate(provider)));
    return gate;
  }
}
