import { type CausationGraph, type CausationNode, nodeState, nodeWords } from './causation-graph';

export type Colour = 'green' | 'red' | 'yellow' | 'grey' | 'bold';

const CODES: Record<Colour, number> = { green: 32, red: 31, yellow: 33, grey: 90, bold: 1 };
const STATE_COLOURS = { fine: 'green', trouble: 'red', open: 'yellow' } as const;
const KINDS = { event: 'event', delivery: 'trigger', run: 'run', tool_call: 'tool' } as const;

/** A line of a tree, and what hangs on it. */
export interface TreeLine {
  text: string;
  children: TreeLine[];
}

/** Draws lines as a tree for the terminal. */
export function drawTree(roots: TreeLine[]): string {
  return roots.flatMap((root) => [root.text, ...branches(root.children, '')]).join('\n');
}

/** The graph as a tree, its oldest cause on top. */
export function causationTree(graph: CausationGraph, { colours = false } = {}): string {
  const paint = painter(colours);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const below = new Map<string, string[]>();
  for (const { from, to } of graph.edges) below.set(from, [...(below.get(from) ?? []), to]);
  const caused = new Set(graph.edges.map(({ to }) => to));
  const drawn = new Set<string>();
  const line = (id: string): TreeLine[] => {
    const node = nodes.get(id);
    if (!node || drawn.has(id)) return [];
    drawn.add(id);
    return [{ text: nodeText(node, id === graph.focus, paint), children: (below.get(id) ?? []).flatMap(line) }];
  };
  const tree = drawTree(graph.nodes.filter(({ id }) => !caused.has(id)).flatMap(({ id }) => line(id)));
  return graph.cut === null ? tree : `${tree}\n${paint('yellow', graph.cut)}`;
}

/** Colours text, or leaves it as it is. */
export function painter(colours: boolean): (colour: Colour, text: string) => string {
  return (colour, text) => (colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}

/** Text from outside on one line, without what would steer a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
}

function nodeText(node: CausationNode, isFocus: boolean, paint: ReturnType<typeof painter>): string {
  const { name, remarks } = nodeWords(node);
  const [state, ...others] = remarks.map(printable);
  const coloured = node.kind === 'event' ? state! : paint(STATE_COLOURS[nodeState(node)], state!);
  const title = isFocus ? paint('bold', printable(name)) : printable(name);
  const id = node.kind === 'event' ? ` ${paint('grey', printable(node.event_id))}` : '';
  const mark = isFocus ? ' <- asked for' : '';
  return `${paint('grey', KINDS[node.kind])} ${title} · ${[coloured, ...others].join(' · ')}${id}${mark}`;
}

function branches(lines: TreeLine[], indent: string): string[] {
  return lines.flatMap(({ text, children }, index) => {
    const last = index === lines.length - 1;
    return [`${indent}${last ? '└─ ' : '├─ '}${text}`, ...branches(children, `${indent}${last ? '   ' : '│  '}`)];
  });
}
