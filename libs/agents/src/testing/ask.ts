import { HumanMessage } from '@langchain/core/messages';
import type { AgentDefinition } from '../agent-definition';
import type { AgentsOptions } from '../agents-options';
import { askModel, type ModelTurn } from '../model-turn';
import { ConfiguredModels } from '../models/configured-models';
import type { ModelChoice } from '../models/models';

const TALKER: AgentDefinition = {
  name: 'talker',
  prompt: 'Talk.',
  output: null,
  outputSchema: null,
  tools: [],
  model: null,
  budget: {},
  maxSteps: 8,
  maxInputChars: 1_000,
};

/** Asks models that are configured in this way, as an agent without tools does, and keeps what they say on the way. */
export function asking(options: AgentsOptions) {
  const models = new ConfiguredModels(options);
  const heard: string[] = [];
  const ask = (choice?: ModelChoice, signal = new AbortController().signal): Promise<ModelTurn> =>
    askModel(models.get(choice), TALKER, [new HumanMessage('Hello')], {
      mustAnswer: true,
      signal,
      newText: () => (text) => heard.push(text),
    });
  return { ask, heard };
}

/** What it fails with. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => Promise.reject(new Error('It was to fail.')),
    (error: Error) => error,
  );
}
