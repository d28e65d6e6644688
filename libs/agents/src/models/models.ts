import type { BaseChatModel } from '@langchain/core/language_models/chat_models';

/** A chat model as agents use it. */
export interface AgentModel {
  /** `provider:model`, as runs record it. */
  name: string;
  chat: BaseChatModel;
  /** The setting that holds its secret, for the sentence that tells a person what to correct. */
  keySetting?: string;
}

/** Where agents get their models; replace it in tests, or to bring a provider of your own. */
export abstract class Models {
  /** The model of that name, `provider:model`, or the application's default; throws `InvalidSetting` for an unknown one. */
  abstract get(name?: string | null): AgentModel;
}
