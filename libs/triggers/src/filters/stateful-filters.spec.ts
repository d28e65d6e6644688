import * as fc from 'fast-check';
import { ContextMemory } from '../context/context-memory';
import { STATE } from '../context/decision-context';
import { type Alert, contextOf, stored } from '../specs/a-context';
import { dedupe } from './dedupe';
import { type Filter, not, type Verdict } from './filter';
import { keyword, where } from './plain-filters';
import { rateLimit } from './rate-limit';

/** A scope that keeps what a filter remembers when, and only when, the attempt succeeds. */
function scopeWith(filter: Filter<Alert>) {
  const memory = ContextMemory.empty(new Date(0));
  const check = filter.parts.compile('0');
  return {
    memory,
    ask(atSeconds: number, fields: Record<string, unknown> = {}, succeeds = true): Verdict {
      const context = contextOf(stored(atSeconds, fields), memory);
      const verdict = check(context);
      if (verdict.pass && succeeds) memory.apply(context[STATE].accumulated(null, 0), null, new Date());
      return verdict;
    },
  };
}

describe('dedupe', () => {
  it('passes a key once in its window', () => {
    const scope = scopeWith(dedupe('service', '10s'));

    expect(scope.ask(1).pass).toBe(true);
    expect(scope.ask(5)).toEqual({ pass: false, reason: 'dedupe: service db was seen within 10s' });
    expect(scope.ask(5, { service: 'web' }).pass).toBe(true);
    expect(scope.ask(11).pass).toBe(true);
  });

  it('does not take the retry of a failed attempt for a duplicate (D11)', () => {
    const scope = scopeWith(dedupe('service', '10s'));

    expect(scope.ask(1, {}, false).pass).toBe(true);
    expect(scope.ask(1).pass).toBe(true);
    expect(scope.ask(1).pass).toBe(false);
  });

  it('takes a function for the key, and lets events without a key pass', () => {
    const scope = scopeWith(dedupe((event: Alert) => event.severity, '10s'));

    expect(scope.ask(1, { severity: 'low' }).pass).toBe(true);
    expect(scope.ask(1, { severity: 'low' }).pass).toBe(false);
    expect([scope.ask(1).pass, scope.ask(1).pass]).toEqual([true, true]);
  });

  it('tells long keys apart and remembers a bounded number of short ones', () => {
    const scope = scopeWith(dedupe('service', '1h'));
    const long = 'x'.repeat(10_000);

    expect(scope.ask(1, { service: `${long}1` }).pass).toBe(true);
    expect(scope.ask(1, { service: `${long}2` }).pass).toBe(true);
    expect(scope.ask(1, { service: `${long}1` }).pass).toBe(false);
    for (let number = 0; number < 1_500; number += 1) scope.ask(2, { service: `${number}` });

    expect(JSON.stringify(scope.memory.filters).length).toBeLessThan(100_000);
    expect(scope.ask(3, { service: '1499' }).pass).toBe(false);
  });

  it('agrees with a naive reading', () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const steps = fc.array(fc.record({ waits: fc.integer({ min: 0, max: 8 }), service: keys, succeeds: fc.boolean() }));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 10 }), (all, window) => {
        const scope = scopeWith(dedupe('service', `${window}s`));
        const passed: { service: string; at: number }[] = [];
        let at = 0;
        for (const { waits, service, succeeds } of all) {
          at += waits;
          const duplicate = passed.some((one) => one.service === service && one.at > at - window);
          expect(scope.ask(at, { service }, succeeds).pass).toBe(!duplicate);
          if (!duplicate && succeeds) passed.push({ service, at });
        }
      }),
    );
  });
});

describe('rateLimit', () => {
  it('answers "later", with the time until the window has room (D12)', () => {
    const scope = scopeWith(rateLimit(2, '10s'));

    expect([scope.ask(1).pass, scope.ask(3).pass]).toEqual([true, true]);
    const later = scope.ask(5) as { reason: string; retryInMs: number };

    expect(later.reason).toBe('rateLimit: 2 of 2 within 10s are used');
    expect(later.retryInMs).toBeGreaterThanOrEqual(6_000);
    expect(later.retryInMs).toBeLessThan(6_010);
    expect(scope.ask(5 + later.retryInMs / 1_000).pass).toBe(true);
  });

  it('counts success only', () => {
    const scope = scopeWith(rateLimit(1, '10s'));

    expect([scope.ask(1, {}, false).pass, scope.ask(1).pass, scope.ask(1).pass]).toEqual([true, true, false]);
  });

  it('waits in an or only when nothing else passes, and drops in an and what another filter drops', () => {
    const busy = scopeWith(rateLimit(1, '10s').or(keyword('urgent')));
    busy.ask(1);
    expect(busy.ask(1, { service: 'urgent' }).pass).toBe(true);
    expect(busy.ask(1)).toMatchObject({ pass: false, retryInMs: expect.any(Number) as number });

    const both = scopeWith(keyword('error').and(rateLimit(1, '10s')));
    expect(both.ask(1)).toEqual({ pass: false, reason: 'keyword: none of error' });
  });

  it.each([3, 64, 200])('never lets more than %i pass in any window, and always some again after it', (max) => {
    const waits = fc.array(fc.nat({ max: 400 }), { minLength: 300, maxLength: 400 });
    fc.assert(
      fc.property(waits, (all) => {
        const scope = scopeWith(rateLimit(max, '10s'));
        const passes: number[] = [];
        let at = 0;
        for (const wait of all) {
          at += wait / 1_000;
          const verdict = scope.ask(at);
          if (verdict.pass) passes.push(at);
          const isUsedUp = passes.filter((time) => time > at - 10 - 10 / 64).length >= max;
          expect(verdict.pass || isUsedUp).toBe(true);
          const { retryInMs = 1 } = verdict as { retryInMs?: number };
          expect(retryInMs > 0 && retryInMs <= 10_000 + 10_000 / 32).toBe(true);
          expect(passes.filter((time) => time > at - 10).length).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('remembers large limits in little space', () => {
    const scope = scopeWith(rateLimit(100_000, '1h'));

    for (let second = 0; second < 7_200; second += 5) scope.ask(second);

    expect(JSON.stringify(scope.memory.filters).length).toBeLessThan(2_000);
  });
});

describe('filters that remember', () => {
  it('keep their memory when another filter joins the chain', () => {
    const [recent, any] = [dedupe('service', '10s'), where(() => true)];
    const before = scopeWith(any.and(recent));
    before.ask(1);

    const check = any.and(recent).and(any).parts.compile('0');

    expect(check(contextOf(stored(2), before.memory)).pass).toBe(false);
  });

  it('cannot be turned round', () => {
    expect(() => not(dedupe('service', '10s'))).toThrow('can never pass');
    expect(() => not(keyword('x').and(rateLimit(1, '1s')))).toThrow('can never pass');
  });

  it('refuse nonsense', () => {
    expect(() => rateLimit(0, '1s')).toThrow('rateLimit(0, 1s)');
    expect(() => dedupe('service', 0)).toThrow('dedupe() needs a window');
  });
});
