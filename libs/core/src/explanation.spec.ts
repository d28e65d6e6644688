import { explanationText, type Explanation } from './explanation';

const HOSTILE = 'x\u001b[2J\u202e\ny';

const EXPLANATION: Explanation = {
  trigger: 'three',
  event: { id: 'e1', type: 'monitor.alert', source: 'web', received_at: '2026-01-31T12:00:00.000Z' },
  verdict: 'accumulated',
  reason: '2 of 3 within 60s',
  type: { pass: true, patterns: ['monitor.*'], reason: null },
  paused: false,
  active: true,
  scope: 'db',
  context: { events: 1, last_action_at: null },
  filter: { name: 'keyword', args: ['error'], pass: true, saw: { source: HOSTILE }, reason: null, children: [] },
  condition: {
    name: 'or',
    args: [],
    met: false,
    saw: null,
    reason: 'not yet',
    children: [
      { name: 'count', args: [3, '60s'], met: false, saw: { count: 2, of: 3 }, reason: '2 of 3', children: [] },
      { name: 'orAfter', args: ['1h'], met: null, saw: null, reason: null, children: [] },
    ],
  },
  happened: {
    status: 'dead_letter',
    error: 'boom',
    runs: [
      {
        id: '1',
        attempt: 1,
        outcome: 'dead_letter',
        reason: null,
        error: HOSTILE,
        settled_at: '2026-01-31T12:00:01.000Z',
      },
    ],
  },
  notes: ['Judged on what is remembered now.'],
};

describe('explanationText', () => {
  it('draws what was asked, what it saw and what happened, and lets nothing steer the terminal', () => {
    expect(explanationText(EXPLANATION).split('\n')).toEqual([
      'three for monitor.alert e1',
      '├─ yes type monitor.*',
      '├─ scope db, 1 events remembered',
      '├─ filter',
      '│  └─ yes keyword error saw {"source":"x\\u001b[2J \\ny"}',
      '├─ condition',
      '│  └─ no or',
      '│     ├─ no count 3, 60s · 2 of 3 saw {"count":2,"of":3}',
      '│     └─ not asked orAfter 1h',
      '└─ delivery dead letter',
      '   └─ 2026-01-31T12:00:01.000Z attempt 1 dead letter · x [2J y',
      'accumulated: 2 of 3 within 60s',
      'Judged on what is remembered now.',
    ]);
  });

  it('colours on demand', () => {
    expect(explanationText(EXPLANATION, { colours: true })).toContain('\u001b[31mno\u001b[0m count 3, 60s');
  });
});
