import type * as LangChainOpenAI from '@langchain/openai';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AGENTS_OPTIONS, type AgentsOptions } from '../agents-options';
import { parseModelName } from './model-name';
import { Models, type AgentModel } from './models';
import { OfflineChatModel } from './offline-chat-model';

const OPENAI_URL = 'https://api.openai.com/v1';
const DEFAULT_MODEL = 'openai:gpt-4o-mini';

/** The models that the application's settings allow; without key and URL every name stands for the offline model. */
@Injectable()
export class ConfiguredModels extends Models implements OnModuleInit {
  private readonly logger = new Logger('Models');
  private readonly made = new Map<string, AgentModel>();

  constructor(@Inject(AGENTS_OPTIONS) private readonly options: AgentsOptions) {
    super();
  }

  onModuleInit(): void {
    const wanted = this.options.defaultModel ?? DEFAULT_MODEL;
    const { name } = this.get();
    if (name === wanted) this.logger.log(`Agents use ${name} unless they name a model of their own.`);
    else this.logger.warn(`No OPENAI_API_KEY is set, so agents use ${name} instead of ${wanted}: rules, not a model.`);
  }

  get(name?: string | null): AgentModel {
    const wanted = name ?? this.options.defaultModel ?? DEFAULT_MODEL;
    let model = this.made.get(wanted);
    if (!model) {
      model = this.make(wanted);
      this.made.set(wanted, model);
    }
    return model;
  }

  private make(wanted: string): AgentModel {
    const { provider, model } = parseModelName(wanted);
    const { apiKey, baseUrl } = this.options.openai ?? {};
    if (provider === 'offline' || (!apiKey && !baseUrl)) {
      return { name: `offline:${provider === 'offline' ? model : 'rules'}`, chat: new OfflineChatModel() };
    }
    // Loaded only when it is used, since it takes 0.2 s and 20 MB; not by import(), which would load LangChain twice.
    const { ChatOpenAI } = require('@langchain/openai') as typeof LangChainOpenAI;
    const chat = new ChatOpenAI({
      model,
      // Servers of one's own, such as Ollama, want no key, but the SDK insists on some text.
      apiKey: apiKey || 'none',
      // Only one layer retries: the trigger.
      maxRetries: 0,
      configuration: { baseURL: baseUrl || OPENAI_URL },
    });
    return { name: wanted, chat, keySetting: 'OPENAI_API_KEY' };
  }
}
