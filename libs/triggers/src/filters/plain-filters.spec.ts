import { Alert, contextOf, stored } from '../specs/a-context';
import { allOf, anyOf, type Filter, not, type Verdict } from './filter';
import { field, keyword, source, type, where } from './plain-filters';

function verdict(filter: Filter<Alert>, fields: Record<string, unknown> = {}, from = 'spec'): Verdict {
  return filter.parts.compile('0')(contextOf(stored(1, fields, from)));
}

function no(reason: string): Verdict {
  return { pass: false, reason };
}

describe('type and source', () => {
  it('pass what a glob matches, and say what else it was', () => {
    expect(verdict(type('monitor.*'))).toEqual({ pass: true });
    expect(verdict(type('order.*', 'timer.tick'))).toEqual(no('type: monitor.alert is not order.*, timer.tick'));
    expect(verdict(source('ws:*'), {}, 'ws:ann')).toEqual({ pass: true });
    expect(verdict(source('ws:*'), {}, 'test')).toEqual(no('source: test is not ws:*'));
  });

  it('take globs for text, not for regular expressions', () => {
    expect(verdict(source('*-prod'), {}, 'eu-prod').pass).toBe(true);
    expect(verdict(source('(a+)+$'), {}, 'aaa').pass).toBe(false);
    expect(verdict(source('a.b'), {}, 'axb').pass).toBe(false);
  });
});

describe('keyword', () => {
  it.each([
    [{ service: 'DB Failed to start' }],
    [{ detail: { deep: [1, { text: 'It FAILED' }] } }],
    [{ detail: 'two "failed" lines\nfailed' }],
  ])('finds a word in any value of the event, whatever its case: %j', (fields) => {
    expect(verdict(keyword('error', 'failed'), fields)).toEqual({ pass: true });
  });

  it('finds a word in type and source, and numbers as text', () => {
    expect(verdict(keyword('ALERT')).pass).toBe(true);
    expect(verdict(keyword('spec')).pass).toBe(true);
    expect(verdict(keyword('500'), { detail: 1500 }).pass).toBe(true);
  });

  it('does not take names of fields or the id for text', () => {
    expect(verdict(keyword('error', 'failed'), { detail: { error: null } })).toEqual(
      no('keyword: none of error, failed'),
    );
    expect(verdict(keyword('event-')).pass).toBe(false);
  });

  it('stays fast on long text', () => {
    const start = performance.now();

    verdict(keyword('(a+)+$', 'b'), { detail: 'a'.repeat(50_000) });

    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe('field', () => {
  it('compares with a value, also deep inside and in the envelope', () => {
    expect(verdict(field('severity', 'high'), { severity: 'high' }).pass).toBe(true);
    expect(verdict(field('detail.code', 500), { detail: { code: 500 } }).pass).toBe(true);
    expect(verdict(field('source', 'spec')).pass).toBe(true);
    expect(verdict(field('severity', 'high'), { severity: 'low' })).toEqual(no('field severity: "low" is not "high"'));
    expect(verdict(field('detail.code', 500))).toEqual(no('field detail.code: undefined is not 500'));
  });

  it('asks a predicate', () => {
    const high = field('detail', (value: unknown) => Number(value) > 9);

    expect(verdict(high, { detail: 10 }).pass).toBe(true);
    expect(verdict(high, { detail: 1 })).toEqual(no('field detail: 1 does not satisfy'));
  });

  it.each(['constructor.name', '__proto__.polluted', 'toString'])('reads own properties only: %s', (path) => {
    expect(verdict(field(path, undefined))).toEqual({ pass: true });
  });

  it.each(['', 'a..b', 'a b', '*'])('refuses the path "%s"', (path) => {
    expect(() => field(path, 1)).toThrow('is not a field path');
  });
});

describe('where', () => {
  it('gets the typed event and the context', () => {
    const own = where((event: Alert, context) => event.service === 'db' && context.events.length === 1);

    expect(verdict(own)).toEqual({ pass: true });
  });

  it('explains a "no" by the name of the function, or the one given', () => {
    function onWeekdays() {
      return false;
    }

    expect(verdict(where(onWeekdays))).toEqual(no('where: onWeekdays says no'));
    expect(verdict(where(() => false, 'office hours'))).toEqual(no('where: office hours says no'));
  });

  it('refuses a promise, which would let everything pass', () => {
    const asynchronous = where((async () => false) as unknown as () => boolean, 'lookup');

    expect(() => verdict(asynchronous)).toThrow('where(lookup) returned a promise');
  });
});

describe('composition', () => {
  const yes = where(() => true, 'yes');
  const never = where(() => false, 'never');
  const nope = where(() => false, 'nope');

  it('needs all for and, one for or', () => {
    expect(verdict(yes.and(never).and(nope))).toEqual(no('where: never says no'));
    expect(verdict(never.or(nope))).toEqual(no('where: never says no; where: nope says no'));
    expect(verdict(never.or(nope).or(yes)).pass).toBe(true);
    expect(verdict(allOf(yes, yes)).pass).toBe(true);
    expect(verdict(anyOf(never, yes)).pass).toBe(true);
  });

  it('turns round by not, and says why', () => {
    expect(verdict(not(never)).pass).toBe(true);
    expect(verdict(not(source('spec', 'x')))).toEqual(no('not source spec, x: it matches'));
  });

  it('looks no further than needed', () => {
    let asked = 0;
    const counting = where(() => (asked += 1) > 0);

    verdict(never.and(counting));
    verdict(yes.or(counting));

    expect(asked).toBe(0);
  });

  it('reads as written when it is listed', () => {
    const filter = keyword('error')
      .and(not(source('internal:*')))
      .and(field('severity', 'high'));

    expect(filter.parts.text).toBe('(keyword error and not source internal:* and field severity = "high")');
  });

  it('refuses empty lists', () => {
    expect(() => allOf()).toThrow('at least one filter');
    expect(() => keyword()).toThrow('keyword() needs one or more');
  });
});
