/** What became of one event: the chain of its causes above it, and below it deliveries, runs, tool calls and follow-ups. */
export interface CausationGraph {
  /** The node of the event that was asked for. */
  focus: string;
  nodes: CausationNode[];
  /** From the cause to what it caused. */
  edges: CausationEdge[];
  /** What is missing and how to see it, as a sentence; `null` when nothing is. */
  cut: string | null;
}

export interface CausationEdge {
  from: string;
  to: string;
}

/** As it travels. `id` is unique in its graph. */
export type CausationNode = EventNode | DeliveryNode | RunNode | ToolCallNode;

export interface EventNode {
  id: string;
  kind: 'event';
  event_id: string;
  type: string;
  source: string;
  received_at: string;
  depth: number;
}

export interface DeliveryNode {
  id: string;
  kind: 'delivery';
  trigger: string;
  scope: string | null;
  status: 'pending' | 'processing' | 'parked' | 'completed' | 'failed' | 'dead_letter';
  attempts: number;
  error: string | null;
}

export interface RunNode {
  id: string;
  kind: 'run';
  run_id: string;
  attempt: number;
  outcome: string;
  /** Why a filter or the condition said no. */
  reason: string | null;
  error: string | null;
  duration_ms: number;
  settled_at: string;
  model: string | null;
  input_tokens: number;
  output_tokens: number;
}

export interface ToolCallNode {
  id: string;
  kind: 'tool_call';
  tool: string;
  error: string | null;
  duration_ms: number;
  /** Not called: an earlier attempt had done it. */
  reused: boolean;
}

/** How much of a graph is shown at most. */
export const GRAPH_LIMITS = { depth: 8, nodes: 500 } as const;

/** How a node reads, in one line each: what it is, and how it went. */
export function nodeWords(node: CausationNode): { name: string; remarks: string[] } {
  if (node.kind === 'event') return { name: node.type, remarks: [`from ${node.source}`] };
  if (node.kind === 'tool_call')
    return {
      name: node.tool,
      remarks: [...(node.reused ? ['reused'] : [duration(node.duration_ms)]), ...given(node.error)],
    };
  if (node.kind === 'delivery') {
    const scope = node.scope === null ? [] : [`scope ${node.scope}`];
    return { name: node.trigger, remarks: [...scope, node.status.replace('_', ' '), ...given(node.error)] };
  }
  const tokens = node.model === null ? [] : [`${node.model}, ${node.input_tokens}+${node.output_tokens} tokens`];
  const why = [...given(node.reason), ...given(node.error)];
  const remarks = [node.outcome.replace('_', ' '), duration(node.duration_ms), ...why, ...tokens];
  return { name: `attempt ${node.attempt}`, remarks };
}

/** Whether a node is fine, in trouble, or still open. */
export function nodeState(node: CausationNode): 'fine' | 'trouble' | 'open' {
  if (node.kind === 'event') return 'fine';
  if (node.kind === 'tool_call') return node.error === null ? 'fine' : 'trouble';
  const state = node.kind === 'run' ? node.outcome : node.status;
  if (state === 'failed' || state === 'dead_letter') return 'trouble';
  return OPEN.has(state) ? 'open' : 'fine';
}

const OPEN: ReadonlySet<string> = new Set(['pending', 'processing', 'deferred', 'parked']);

function given(text: string | null): string[] {
  return text === null ? [] : [text];
}

function duration(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
