import type * as LangChainAnthropic from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type * as LangChainOpenAI from '@langchain/openai';
import type { ModelLimits } from '../model-limits';
import { modelFetch } from './model-fetch';

/** A service that answers for models, as the settings describe it. */
export interface Provider {
  /** What stands before the colon of `provider:model`. */
  name: string;
  protocol: 'openai' | 'anthropic';
  baseUrl: string;
  /** Servers of one's own, such as Ollama, want none. */
  apiKey?: string;
  /** The setting that holds the key. */
  keySetting: string;
}

/**
 * The model as LangChain speaks to it. Its libraries are loaded only when they are used, since each takes 0.2 s and 20 MB;
 * not by import(), which would load LangChain twice. Nothing in them tries again: the trigger does. Nothing in them logs:
 * it would be prompts and answers.
 */
export function providerChat(provider: Provider, model: string, limits: ModelLimits): BaseChatModel {
  const { apiKey, baseUrl: baseURL } = provider;
  const client = { fetch: modelFetch(limits), logLevel: 'off' as const, maxRetries: 0, timeout: limits.totalMs };
  if (provider.protocol === 'anthropic') {
    const { ChatAnthropic } = require('@langchain/anthropic') as typeof LangChainAnthropic;
    return new ChatAnthropic({
      model,
      apiKey: apiKey ?? 'none',
      anthropicApiUrl: baseURL,
      maxRetries: 0,
      maxTokens: limits.outputTokens,
      clientOptions: client,
    });
  }
  const { ChatOpenAI } = require('@langchain/openai') as typeof LangChainOpenAI;
  // The SDK insists on some text for a key.
  return new ChatOpenAI({
    model,
    apiKey: apiKey ?? 'none',
    maxRetries: 0,
    maxTokens: limits.outputTokens,
    configuration: { ...client, baseURL },
  });
}
