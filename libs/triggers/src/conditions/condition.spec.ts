import * as fc from 'fast-check';
import { ContextMemory } from '../context/context-memory';
import { STATE } from '../context/decision-context';
import { type Alert, contextOf, EVENTS, remembered, stateOf, stored, tick } from '../specs/a-context';
import type { DecisionContext } from '../context/decision-context';
import { always, type Condition, conditionOf, count, every, type Judgement, orAfter, quietFor } from './condition';

/** A scope that accumulates and, when the condition fires, acts and clears: as a worker does. */
function scopeWith(condition: Condition<Alert>) {
  const memory = ContextMemory.empty(new Date(0));
  const judge = (context: DecisionContext<Alert>): Judgement => {
    const judgement = condition.parts.judge(context);
    const state = context[STATE];
    const change = judgement.fire ? state.fired() : state.accumulated(judgement.wakeInMs, condition.parts.lookbackMs);
    memory.apply(change, state.entry, context.now);
    return judgement;
  };
  return {
    memory,
    event: (atSeconds: number, clockSeconds?: number) => judge(contextOf(stored(atSeconds), memory, clockSeconds)),
    tick: (atSeconds: number) => judge(contextOf(tick(atSeconds), memory)),
  };
}

describe('count().within()', () => {
  it('fires at the n-th event in the window and starts anew', () => {
    const scope = scopeWith(count(3).within('60s'));

    expect(scope.event(1)).toEqual({ fire: false, reason: '1 of 3 within 60s', wakeInMs: null });
    expect(scope.event(2)).toMatchObject({ reason: '2 of 3 within 60s' });
    expect(scope.event(61)).toEqual({ fire: true });
    expect(scope.event(61)).toMatchObject({ reason: '1 of 3 within 60s' });
  });

  it('goes by the time of receipt, however late a worker looks', () => {
    const scope = scopeWith(count(2).within('60s'));
    const anHourLater = 3_600;

    expect(scope.event(1, anHourLater).fire).toBe(false);
    expect(scope.event(2, anHourLater).fire).toBe(true);
  });

  it('decides the same when a failed attempt is repeated', () => {
    const condition = count(2).within('60s').parts;
    const memory = ContextMemory.load(remembered([stored(1)]), (event) => EVENTS.decode(event));
    const second = stored(30);

    expect(condition.judge(contextOf(second, memory, 30)).fire).toBe(true);
    expect(condition.judge(contextOf(second, memory, 300)).fire).toBe(true);
  });

  it('agrees with a naive reading, and forgets what no window can see', () => {
    const gaps = fc.array(fc.nat({ max: 20 }), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }), (all, n, window) => {
        const scope = scopeWith(count(n).within(`${window}s`));
        let times: number[] = [];
        let at = 1_000;
        for (const gap of all) {
          at += gap;
          times.push(at);
          const fires = times.filter((time) => time >= at - window).length >= n;
          expect(scope.event(at).fire).toBe(fires);
          if (fires) times = [];
          expect(gap <= window || fires || scope.memory.entries.length === 1).toBe(true);
        }
      }),
    );
  });

  it('counts from the last action when the handler keeps the events', () => {
    const condition = count(2).within('60s');
    const memory = ContextMemory.empty(new Date(0));
    const fires = [1, 2, 3, 4, 5, 6].map((at) => {
      const context = contextOf(stored(at), memory);
      const judgement = condition.parts.judge(context);
      if (judgement.fire) context.markAction();
      const state = context[STATE];
      memory.apply(judgement.fire ? state.fired() : state.accumulated(null, 60_000), state.entry, context.now);
      return judgement.fire;
    });

    expect(fires).toEqual([false, true, false, true, false, true]);
    expect(memory.entries).toHaveLength(6);
  });
});

describe('every()', () => {
  it('fires at every n-th event, whenever they come', () => {
    const scope = scopeWith(every(3));

    const fires = [1, 1_000, 100_000, 100_001, 100_002, 100_003].map((at) => scope.event(at).fire);

    expect(fires).toEqual([false, false, true, false, false, true]);
  });

  it('says how far it is', () => {
    expect(scopeWith(every(10)).event(1)).toEqual({ fire: false, reason: '1 of 10', wakeInMs: null });
  });
});

describe('orAfter()', () => {
  it('asks to be woken when the first event is old enough, and fires then', () => {
    const scope = scopeWith(every(10).orAfter('15m'));

    expect(scope.event(100)).toEqual({
      fire: false,
      reason: '1 of 10, less than 15m since the first',
      wakeInMs: 900_000,
    });
    expect(scope.event(400)).toMatchObject({ wakeInMs: 600_000 });
    expect(scope.tick(999)).toMatchObject({ fire: false, wakeInMs: 1_000 });
    expect(scope.tick(1_000)).toEqual({ fire: true });
    expect(scope.memory.entries).toEqual([]);
  });

  it('fires without a tick too, and on the count before the time', () => {
    const late = scopeWith(orAfter('1m'));
    expect([late.event(1).fire, late.event(61).fire]).toEqual([false, true]);

    const counted = scopeWith(every(2).orAfter('1m'));
    expect([counted.event(1).fire, counted.event(2).fire]).toEqual([false, true]);
  });

  it('collects a backlog in groups instead of firing on each old event', () => {
    const scope = scopeWith(every(2).orAfter('1m'));
    const clock = 100_000;

    expect([1, 2, 3, 4].map((at) => scope.event(at, clock).fire)).toEqual([false, true, false, true]);
    expect(scope.event(5, clock)).toMatchObject({ fire: false, wakeInMs: 0 });
  });
});

describe('quietFor()', () => {
  it('fires once, when no event came for so long', () => {
    const scope = scopeWith(quietFor('30s'));

    expect(scope.event(1)).toEqual({ fire: false, reason: 'waits for 30s of quiet', wakeInMs: 30_000 });
    expect(scope.event(20)).toMatchObject({ wakeInMs: 30_000 });
    expect(scope.tick(31)).toMatchObject({ fire: false, wakeInMs: 19_000 });
    expect(scope.tick(50)).toEqual({ fire: true });
    expect(scope.tick(51)).toEqual({ fire: false, reason: 'no event waits', wakeInMs: null });
  });

  it('does not take an old event for quiet while others may wait behind it', () => {
    expect(scopeWith(quietFor('30s')).event(1, 10_000)).toMatchObject({ fire: false, wakeInMs: 0 });
  });

  it('ends at the latest after the time given by orAfter', () => {
    const scope = scopeWith(quietFor('30s').orAfter('1m'));

    const fires = [0, 20, 40, 60].map((at) => scope.event(at).fire);

    expect(fires).toEqual([false, false, false, true]);
  });
});

describe('a function', () => {
  it('decides over the context and explains a "no" by its name', () => {
    function threeServices(context: DecisionContext<Alert>) {
      return new Set(context.events.map((event) => event.service)).size >= 3;
    }
    const condition = conditionOf(threeServices);
    const memory = remembered([stored(1, { service: 'db' }), stored(2, { service: 'web' })]);

    expect(condition.parts.judge(contextOf(stored(3), memory))).toEqual({
      fire: false,
      reason: 'threeServices says no',
      wakeInMs: null,
    });
    expect(condition.parts.judge(contextOf(stored(3, { service: 'mail' }), memory)).fire).toBe(true);
  });

  it('must not be asynchronous', () => {
    const asynchronous = conditionOf((async () => false) as unknown as () => boolean);

    expect(() => asynchronous.parts.judge(contextOf(stored(1)))).toThrow('returned a promise');
  });
});

it('always fires on each event', () => {
  expect(always.parts.judge(contextOf(stored(1)))).toEqual({ fire: true });
});

it.each([() => count(0), () => every(1.5), () => orAfter(0), () => quietFor('0s'), () => count(2).within(0)])(
  'refuses nonsense: %s',
  (make) => {
    expect(make).toThrow(/Correct it|longer than nothing/);
  },
);

it('takes only its own ticks for ticks', () => {
  const foreign = { ...tick(1), source: 'spec' };

  expect([stateOf(tick(1)).isTick, stateOf(foreign).isTick, stateOf(stored(1)).isTick]).toEqual([true, false, false]);
});
