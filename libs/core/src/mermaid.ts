import { type CausationGraph, type CausationNode, nodeState, nodeWords } from './causation-graph';

const MAX_WORDS = 80;
// Everything else is written as a character code, so that no name can end its label, begin a directive or become HTML.
const PLAIN = /[^\p{L}\p{N} .,:_/()+*=!?·-]/gu;

const SHAPES: Record<CausationNode['kind'], [string, string]> = {
  event: ['([', '])'],
  delivery: ['[', ']'],
  run: ['(', ')'],
  tool_call: ['[[', ']]'],
};

/** The graph as the text of a Mermaid flowchart, from causes down to effects. */
export function mermaid({ nodes, edges, focus, cut }: CausationGraph): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = nodes.map((node) => {
    const [open, close] = SHAPES[node.kind];
    return `  ${names.get(node.id)}${open}"${label(node)}"${close}:::${nodeState(node)}`;
  });
  const arrows = edges.map(({ from, to }) => `  ${names.get(from)} --> ${names.get(to)}`);
  return [
    'flowchart TD',
    ...lines,
    ...arrows,
    ...(cut === null ? [] : [`  cut["${escaped(cut, Infinity)}"]:::open`]),
    `  style ${names.get(focus)} stroke-width:3px`,
    '  classDef fine stroke:#2e7d32',
    '  classDef trouble stroke:#c62828,stroke-dasharray:4',
    '  classDef open stroke:#f9a825',
    '',
  ].join('\n');
}

function label(node: CausationNode): string {
  const { name, remarks } = nodeWords(node);
  return [name, ...remarks].map((words) => escaped(words, MAX_WORDS)).join('<br/>');
}

function escaped(text: string, longest: number): string {
  const words = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  const short = words.length > longest ? `${words.slice(0, longest).toWellFormed()}...` : words;
  return short.replaceAll(PLAIN, (character) => `#${character.codePointAt(0)};`);
}
