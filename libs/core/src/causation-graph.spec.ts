import type { CausationGraph, CausationNode } from './causation-graph';
import { mermaid } from './mermaid';
import { causationTree } from './terminal-tree';

const at = '2026-01-31T12:00:00.000Z';
const event = (id: string, type: string, source = 'test'): CausationNode => ({
  id,
  kind: 'event',
  event_id: id,
  type,
  source,
  received_at: at,
  depth: 0,
});
const GRAPH: CausationGraph = {
  focus: 'b',
  nodes: [
    event('a', 'order.placed'),
    { id: 'd', kind: 'delivery', trigger: 'billing', scope: 'ann', status: 'completed', attempts: 2, error: null },
    {
      id: 'r',
      kind: 'run',
      run_id: '7',
      attempt: 2,
      outcome: 'completed',
      reason: null,
      error: null,
      duration_ms: 12.4,
      settled_at: at,
      model: 'offline',
      input_tokens: 3,
      output_tokens: 4,
    },
    { id: 't', kind: 'tool_call', tool: 'charge', error: 'declined', duration_ms: 1.25, reused: false },
    { id: 'u', kind: 'tool_call', tool: 'mail', error: null, duration_ms: 0, reused: true },
    event('b', 'order.billed'),
  ],
  edges: [
    { from: 'a', to: 'd' },
    { from: 'd', to: 'r' },
    { from: 'r', to: 't' },
    { from: 'r', to: 'u' },
    { from: 'r', to: 'b' },
  ],
  cut: null,
};

describe('causationTree', () => {
  it('draws causes above effects and marks the event that was asked for', () => {
    expect(causationTree(GRAPH).split('\n')).toEqual([
      'event order.placed · from test a',
      '└─ trigger billing · scope ann · completed',
      '   └─ run attempt 2 · completed · 12 ms · offline, 3+4 tokens',
      '      ├─ tool charge · 1.3 ms · declined',
      '      ├─ tool mail · reused',
      '      └─ event order.billed · from test b <- asked for',
    ]);
  });

  it('colours on demand only, and lets no name steer the terminal', () => {
    const hostile = { ...GRAPH, nodes: [event('b', 'x\u001b[2Jy\r\nz\u202e')], edges: [] };

    expect(causationTree(hostile)).toBe('event x [2Jy z · from test b <- asked for');
    expect(causationTree(GRAPH, { colours: true })).toContain('\u001b[32mcompleted\u001b[0m');
  });

  it('says what was cut, and ends on a circle', () => {
    const circle = { ...GRAPH, edges: [...GRAPH.edges, { from: 'b', to: 'd' }], cut: '500 nodes are shown.' };

    expect(causationTree(circle).split('\n')).toHaveLength(7);
    expect(causationTree(circle)).toMatch(/500 nodes are shown\.$/);
  });
});

describe('mermaid', () => {
  it('draws a flowchart', () => {
    const text = mermaid(GRAPH);

    expect(text).toMatch(/^flowchart TD\n/);
    expect(text).toContain('  n0(["order.placed<br/>from test"]):::fine\n');
    expect(text).toContain('  n3[["charge<br/>1.3 ms<br/>declined"]]:::trouble\n');
    expect(text).toContain('  n2 --> n5\n');
    expect(text).toContain('  style n5 stroke-width:3px\n');
  });

  it.each([
    ['a quote', 'a"]:::x; click n0 "javascript:alert(1)"', '"'],
    ['HTML', '<img src=x onerror=alert(1)>', '<img'],
    ['a directive', '%%{init: {"securityLevel":"loose"}}%%', '%%'],
    ['an entity', '&lt;#lt;', '&'],
    ['lines', 'a\nclick n0 href "x"', '\nclick'],
    ['a markdown string', '`**x**`', '`'],
  ])('lets no name break out with %s', (_what, name, evil) => {
    const text = mermaid({ ...GRAPH, focus: 'b', nodes: [event('b', name)], edges: [] });

    const [label] = /"(.*)"/.exec(text.split('\n')[1]!)!.slice(1);
    expect(label!.replaceAll('<br/>', '')).not.toContain(evil);
    expect(text.split('\n')[1]).toMatch(/^ {2}n0\(\["[^"<>`&%\n]*<br\/>from test"\]\):::fine$/);
  });

  it('says what was cut', () => {
    expect(mermaid({ ...GRAPH, cut: 'Only 500 nodes are shown.' })).toContain('cut["Only 500 nodes are shown."]');
  });
});
