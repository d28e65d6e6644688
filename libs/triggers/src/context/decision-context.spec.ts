import { EventLoop } from '@reflex/event-store';
import { Alert, contextOf, EVENTS, remembered, stateOf, stored, tick } from '../specs/a-context';
import { ContextMemory } from './context-memory';
import { DecisionContext, STATE } from './decision-context';

const decode = EVENTS.decode.bind(EVENTS);

describe('DecisionContext', () => {
  it('shows what was accumulated, the current event last', () => {
    const context = contextOf(stored(3, { service: 'web' }), remembered([stored(1), stored(2, { service: 'mail' })]));

    expect(context.events.map((event) => event.service)).toEqual(['db', 'mail', 'web']);
    expect(context.event).toBeInstanceOf(Alert);
    expect(context.event.service).toBe('web');
    expect(context.scope).toBe('spec');
  });

  it('shows the newest accumulated event when a tick woke it, and not the tick', () => {
    const context = contextOf(tick(9), remembered([stored(1), stored(2, { service: 'mail' })]));

    expect(context.event.service).toBe('mail');
    expect(context.events).toHaveLength(2);
  });

  it('looks back from the receipt of the newest event', () => {
    const context = contextOf(stored(100), remembered([stored(1), stored(70), stored(95)]), 5_000);

    expect(context.now).toEqual(new Date(100_000));
    expect(context.window(30)).toHaveLength(3);
    expect(context.window('5s')).toHaveLength(2);
    expect(context.window('10m')).toHaveLength(4);
  });

  it('selects and counts by type', () => {
    const other = { ...stored(1), type: 'http', payload: { payload: {} } };
    const context = contextOf(stored(2), remembered([other]));

    expect(context.ofType('http').map((event) => event.type)).toEqual(['http']);
    expect(context.ofType('http', 'monitor.alert')).toHaveLength(2);
    expect(context.countByType()).toEqual({ http: 1, 'monitor.alert': 1 });
  });

  it('summarises for a prompt', () => {
    const context = contextOf(stored(2, { detail: 'x'.repeat(1_000) }), remembered([stored(0), stored(1)]));
    context.scratch['seen'] = 2;

    const lines = context.summarize(2).split('\n');

    expect(lines.slice(0, 5)).toEqual([
      'Context scope: spec',
      'Total events: 3',
      'Event types: {"monitor.alert":3}',
      'Recent 2 events:',
      '  [monitor.alert] 1970-01-01T00:00:01.000Z: spec {"service":"db"}',
    ]);
    expect(lines[5]!.length).toBeLessThan(600);
    expect(lines[6]).toBe('Scratch state: {"seen":2}');
  });

  it('separates what an action has seen from what it has not, even of the same moment', () => {
    const memory = ContextMemory.load(remembered([stored(1)]), decode);
    const acting = contextOf(stored(1), memory);
    acting.markAction();
    expect(acting.sinceLastAction()).toEqual([]);
    expect(acting.lastActionAt).toEqual(acting.now);
    memory.apply(acting[STATE].fired(), acting[STATE].entry, new Date(9_000));

    const next = contextOf(stored(1, { service: 'web' }), memory);

    expect(next.sinceLastAction().map((event) => event.service)).toEqual(['web']);
    expect(next.events).toHaveLength(3);
    expect(next.lastActionAt).toEqual(new Date(9_000));
  });

  it('adds an event for this attempt only', () => {
    const context = contextOf(stored(1));

    context.add(Alert.of({ service: 'added' }));

    expect(context.events.map((event) => event.service)).toEqual(['db', 'added']);
    expect(context[STATE].accumulated(null, null)).toMatchObject({ append: true });
  });

  it('refuses a follow-up that would be too deep', () => {
    const deep = stored(1);
    deep.meta.depth = 8;

    expect(() => contextOf(deep).publish(Alert.of({ service: 'db' }))).toThrow(EventLoop);
    expect(() => contextOf(stored(1)).publish(Alert.of({ service: 'db' }))).not.toThrow();
  });

  it('takes nothing more once the attempt is over', () => {
    const state = stateOf(stored(1));
    const context = new DecisionContext(state);

    state.end();

    expect(() => context.publish([])).toThrow('is over');
    expect(() => context.transaction(async () => {})).toThrow('is over');
  });
});

describe('what an attempt changes', () => {
  it('is an appended event while the condition says no', () => {
    const context = contextOf(stored(2), remembered([stored(1)]));
    context.scratch['n'] = 1;

    expect(context[STATE].accumulated(500, null)).toEqual({
      clear: false,
      append: true,
      scratch: { n: 1 },
      filters: {},
      wakeInMs: 500,
    });
  });

  it('never appends a tick', () => {
    expect(stateOf(tick(2), remembered([stored(1)])).accumulated(null, null)).toMatchObject({ append: false });
  });

  it('is an empty context after an action', () => {
    const context = contextOf(stored(2), remembered([stored(1)], { scratch: { n: 1 } }));

    expect(context[STATE].fired()).toEqual({ clear: true, acted: true, scratch: {}, filters: {}, wakeInMs: null });
  });

  it('is what the handler left when it marked or cleared by itself', () => {
    const marking = contextOf(stored(2), remembered([stored(1)], { scratch: { n: 1 } }));
    marking.markAction();
    expect(marking[STATE].fired()).toMatchObject({ append: true, acted: true, scratch: { n: 1 } });

    const clearing = contextOf(stored(2), remembered([stored(1)], { scratch: { n: 1 } }));
    clearing.clear();
    clearing.scratch['total'] = 7;
    expect(clearing.events).toEqual([]);
    expect(clearing[STATE].fired()).toMatchObject({ clear: true, acted: true, scratch: { total: 7 } });
  });

  it('does not leak from a failed attempt into the next', () => {
    const memory = ContextMemory.load(remembered([], { scratch: { list: [1] } }), decode);
    const failing = contextOf(stored(1), memory);
    (failing.scratch['list'] as number[]).push(2);
    failing[STATE].keepFilterState('0', 'x');

    const next = contextOf(stored(2), memory);

    expect(next.scratch).toEqual({ list: [1] });
    expect(next[STATE].filterState('0')).toBeUndefined();
  });

  it.each([
    ['a cycle', (scratch: Record<string, unknown>) => (scratch['self'] = scratch)],
    ['a bigint', (scratch: Record<string, unknown>) => (scratch['n'] = 1n)],
    ['NUL', (scratch: Record<string, unknown>) => (scratch['text'] = 'a\u0000b')],
  ])('refuses scratch that is not JSON: %s', (_, spoil) => {
    const context = contextOf(stored(1));
    spoil(context.scratch);

    expect(() => context[STATE].accumulated(null, null)).toThrow('context.scratch cannot be stored as JSON');
  });
});
