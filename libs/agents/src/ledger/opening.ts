import { createHash } from 'node:crypto';
import type { BaseMessage } from '@langchain/core/messages';
import type { AskedQuestion } from '@reflex/core';
import type { AgentDefinition, ToolDefinition } from '../agent-definition';
import { canonicalJson } from './call-keys';

/** What a model is asked first, as it is kept for those who ask it again in a test. */
export function openingOf(agent: AgentDefinition, messages: readonly BaseMessage[]): AskedQuestion {
  const [system, ...others] = messages;
  return {
    system: system?.text ?? '',
    messages: others.map((message) => ({ role: message.type, text: message.text })),
    tools: Object.fromEntries(agent.tools.map((tool) => [tool.name, fingerprint(tool)])),
    output: agent.outputSchema && hashOf(agent.outputSchema),
  };
}

function fingerprint({ description, inputSchema }: ToolDefinition): string {
  return hashOf([description, inputSchema]);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}
