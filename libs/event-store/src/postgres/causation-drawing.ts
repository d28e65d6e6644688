import type { CausationEdge, CausationGraph, CausationNode, DeliveryNode, RunNode } from '@reflex/core';
import type { CausationDeliveryRow, CausationEventRow, CausationRunRow } from './causation-reader';
import { toSummary } from './rows';

interface Found {
  focus: CausationEventRow;
  /** Oldest first; the last one is the focus. */
  causes: CausationEventRow[];
  effects: CausationEventRow[];
  deliveries: CausationDeliveryRow[];
  runs: CausationRunRow[];
  limits: { depth: number; nodes: number };
}

/** Puts what was found together: of the causes only the way down to the event, below it everything. */
export function drawGraph(found: Found): CausationGraph {
  return new Drawing(found).draw();
}

class Drawing {
  private readonly nodes: CausationNode[] = [];
  private readonly edges: CausationEdge[] = [];
  private readonly deliveries: Map<string, DeliveryNode[]>;
  private cut: string | null = null;

  constructor(private readonly found: Found) {
    this.deliveries = deliveriesByEvent(found);
  }

  draw(): CausationGraph {
    const { focus, effects, limits } = this.found;
    const shown = effects.filter(({ steps }) => steps <= limits.depth);
    if (shown.length < effects.length) {
      this.cut = `More than ${limits.depth} generations follow. Ask for the graph of a later event to see them.`;
    }
    let above = this.drawCauses();
    for (const event of [focus, ...shown]) {
      if (event !== focus) above = this.publisherOf(event);
      if (!this.add(eventNode(event), above) || !this.drawDeliveries(event)) break;
    }
    return { focus: eventId(focus.id), nodes: this.nodes, edges: this.edges, cut: this.cut };
  }

  /** Answers the node from which the event that was asked for follows. */
  private drawCauses(): string | null {
    const { causes, limits } = this.found;
    const chain = causes.filter(({ steps }) => steps <= limits.depth);
    const [oldest] = chain;
    if (chain.length < causes.length) {
      this.cut = `More than ${limits.depth} causes lead here. Ask for the graph of ${oldest!.id} to see them.`;
    } else if (oldest!.causation_id !== null) {
      this.cut = `${oldest!.id} was caused by ${oldest!.causation_id}, which the log no longer holds.`;
    }
    let above: string | null = null;
    for (const [index, event] of chain.slice(0, -1).entries()) {
      this.add(eventNode(event), above);
      above = this.drawWay(event, chain[index + 1]!);
    }
    return above;
  }

  /** The one delivery and run through which the event caused the next. */
  private drawWay(event: CausationEventRow, next: CausationEventRow): string {
    const run = this.runThatPublished(event, next);
    const delivery = run && this.deliveriesOf(event).find(({ trigger }) => trigger === run.trigger);
    if (!run || !delivery) return eventId(event.id);
    this.add(delivery, eventId(event.id));
    this.add(runNode(run), delivery.id);
    return runId(run.id);
  }

  private drawDeliveries(event: CausationEventRow): boolean {
    return this.deliveriesOf(event).every((delivery) => {
      if (!this.add(delivery, eventId(event.id))) return false;
      const runs = this.runsOf(event).filter(({ trigger }) => trigger === delivery.trigger);
      return runs.every((run) => this.add(runNode(run), delivery.id) && this.drawToolCalls(run));
    });
  }

  private drawToolCalls({ id, usage }: CausationRunRow): boolean {
    return (usage?.tool_calls ?? []).every(({ tool, error, duration_ms, reused = false }, index) =>
      this.add(
        {
          id: `tool:${id}/${index}`,
          kind: 'tool_call',
          tool,
          error: error ?? null,
          duration_ms: duration_ms ?? 0,
          reused,
        },
        runId(id),
      ),
    );
  }

  private publisherOf(event: CausationEventRow): string {
    const parents = [this.found.focus, ...this.found.effects];
    const parent = parents.find(({ id, steps }) => id === event.causation_id && steps === event.steps - 1)!;
    const run = this.runThatPublished(parent, event);
    return run ? runId(run.id) : eventId(parent.id);
  }

  // Follow-ups are stored in the transaction that settles their run, so both bear its time. Should two runs of one event
  // ever share a microsecond, the follow-up hangs on the event itself.
  private runThatPublished(parent: CausationEventRow, event: CausationEventRow): CausationRunRow | undefined {
    const [run, ...others] = this.runsOf(parent).filter(({ micros }) => micros === event.micros);
    return others.length === 0 ? run : undefined;
  }

  private runsOf({ seq }: CausationEventRow): CausationRunRow[] {
    return this.found.runs.filter(({ event_seq }) => event_seq === seq);
  }

  private deliveriesOf({ seq }: CausationEventRow): DeliveryNode[] {
    return this.deliveries.get(seq) ?? [];
  }

  /** False when the graph is full. */
  private add(node: CausationNode, above: string | null): boolean {
    const { nodes: most } = this.found.limits;
    if (this.nodes.length >= most) {
      this.cut = `Only the first ${most} nodes are shown. Ask for the graph of a later event to see more.`;
      return false;
    }
    this.nodes.push(node);
    if (above !== null) this.edges.push({ from: above, to: node.id });
    return true;
  }
}

function deliveriesByEvent({ focus, causes, effects, deliveries, runs }: Found): Map<string, DeliveryNode[]> {
  const byEvent = new Map<string, Map<string, DeliveryNode>>();
  const ids = new Map([...causes, focus, ...effects].map(({ seq, id }) => [seq, id]));
  const keep = (seq: string, node: Omit<DeliveryNode, 'id' | 'kind'>): void => {
    const ofEvent = byEvent.get(seq) ?? new Map<string, DeliveryNode>();
    ofEvent.set(node.trigger, { id: `delivery:${ids.get(seq)}/${node.trigger}`, kind: 'delivery', ...node });
    byEvent.set(seq, ofEvent);
  };
  // What has ended left only its runs; the newest comes last and wins. What is open or gave up says so itself.
  for (const { event_seq, trigger, scope, attempt, outcome, error } of runs) {
    const ended = outcome === 'completed' || outcome === 'filtered' || outcome === 'accumulated';
    const status = ended ? 'completed' : 'dead_letter';
    keep(event_seq, { trigger, scope, status, attempts: attempt, error: ended ? null : error });
  }
  for (const row of deliveries) {
    if (!ids.has(row.event_seq)) continue;
    const { trigger, status, attempts, error } = toSummary(row);
    keep(row.event_seq, { trigger, scope: row.scope, status, attempts, error });
  }
  return new Map([...byEvent].map(([seq, ofEvent]) => [seq, [...ofEvent.values()]]));
}

function eventNode({ id, type, source, received_at, depth }: CausationEventRow): CausationNode {
  const received = received_at.toISOString();
  return { id: eventId(id), kind: 'event', event_id: id, type, source, received_at: received, depth };
}

function runNode({ id, usage, settled_at, ...run }: CausationRunRow): RunNode {
  return {
    id: runId(id),
    kind: 'run',
    run_id: id,
    attempt: run.attempt,
    outcome: run.outcome,
    reason: run.reason,
    error: run.error,
    duration_ms: run.duration_ms,
    settled_at: settled_at.toISOString(),
    model: usage?.model ?? null,
    input_tokens: usage?.input_tokens ?? 0,
    output_tokens: usage?.output_tokens ?? 0,
  };
}

function eventId(id: string): string {
  return `event:${id}`;
}

function runId(id: string): string {
  return `run:${id}`;
}
