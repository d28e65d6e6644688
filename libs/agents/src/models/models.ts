import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ModelLimits } from './model-limits';
import type { ProviderGate } from './providers/provider-gate';

/** A chat model as agents use it. */
export interface AgentModel {
  /** `provider:model`, as runs record it. */
  name: string;
  chat: BaseChatModel;
  /** The setting that holds its secret, for the sentence that tells a person what to correct. */
  keySetting?: string;
  /** Its secret, so that no sentence of the provider's that quotes it gets any further. */
  secret?: string;
  /** Shared by all models of one provider: keeps calls away from it while it asks for that or fails. */
  gate?: ProviderGate;
  /** How long and how much of an answer is waited for; without, the defaults. */
  limits?: ModelLimits;
  /** Its protocol says when an answer is complete; one that ends without saying so was cut off. */
  saysWhenDone?: boolean;
  /** Asked in this order when this one cannot answer. */
  fallbacks?: AgentModel[];
}

/** `provider:model`, or several of them: each one is asked when those before it cannot answer. */
export type ModelChoice = string | readonly string[];

/** Where agents get their models; replace it in tests, or to bring a provider of your own. */
export abstract class Models {
  /** The models of these names, or the application's default; throws `InvalidSetting` for an unknown one. */
  abstract get(choice?: ModelChoice | null): AgentModel;
}
