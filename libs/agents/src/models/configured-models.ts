import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, Optional, type OnModuleInit } from '@nestjs/common';
import { InvalidSetting, Pauses } from '@reflex/core';
import { AGENTS_OPTIONS, type AgentsOptions } from '../agents-options';
import { DEFAULT_MODEL_LIMITS, type ModelLimits } from './model-limits';
import { parseModelName } from './model-name';
import { Models, type AgentModel, type ModelChoice } from './models';
import { OfflineChatModel } from './offline/offline-chat-model';
import { providerChat, type Provider } from './providers/provider-chat';
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

  constructor(
    @Inject(AGENTS_OPTIONS) private readonly options: AgentsOptions,
    @Optional() private readonly pauses?: Pauses,
  ) {
    super();
    this.limits = { ...DEFAULT_MODEL_LIMITS, ...options.limits };
    this.providers = providersOf(options);
    for (const provider of this.providers) this.gates.set(provider.name, this.newGate(provider));
  }

  async onModuleInit(): Promise<void> {
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
    const gates = new Map(this.providers.map((provider) => [accountOf(provider), this.gates.get(provider.name)!]));
    await this.pauses?.onPaused((account, forMs) => gates.get(account)?.closeFor(forMs));
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
    const gate = this.gates.get(provider.name)!;
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

  private newGate(provider: Provider): ProviderGate {
    return new ProviderGate(provider.name, Math.random, (forMs) => {
      // Without an answer from the database, the others learn it from their own first call.
      this.pauses?.ask(accountOf(provider), forMs).catch((error: unknown) => {
        this.logger.debug(`The pause of ${provider.name} could not be shared: ${String(error)}`);
      });
    });
  }
}

/** What a provider counts by: another server or another key is another account. Nobody can read the key from it. */
function accountOf({ name, baseUrl, apiKey = '' }: Provider): string {
  const account = createHash('sha256').update(`${baseUrl}\n${apiKey}`).digest('hex').slice(0, 12);
  return `model:${name}:${account}`;
}
