import type { ToolDefinition } from '../agent-definition';
import { AgentSetupError } from '../errors';

type Described = Pick<ToolDefinition, 'name' | 'reads' | 'egress' | 'approval'>;

/**
 * For an agent that strangers can talk to: refuses it if it reads what must not leave, and can send: whoever writes an event
 * could have it sent out. Any two of the three are fine, and so is sending what a person has seen before.
 */
export function assertNoTrifecta(name: string, tools: readonly Described[]): void {
  const reader = tools.find(({ reads }) => reads === 'secrets');
  const sender = tools.find((tool) => (tool.egress ?? []).length > 0 && !needsApproval(tool));
  if (!reader || !sender) return;
  throw new AgentSetupError(
    `Agent "${name}" takes input from strangers, reads secrets ("${reader.name}") and can send them out ("${sender.name}"): ` +
      'one crafted event would be enough. Take one of these tools from it, let a person approve the sending by ' +
      '@Tool({ approval: … }), or, if nobody else can write its input, say untrustedInput: false.',
  );
}

// A rule over the arguments is no protection: whoever writes the input chooses the arguments.
function needsApproval({ approval }: Described): boolean {
  return approval !== undefined && approval !== null && approval.when === null;
}
