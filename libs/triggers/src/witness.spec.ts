import { allOf, anyOf, not } from './filters/filter';
import { field, keyword, source, where } from './filters/plain-filters';
import { contextOf, stored } from './specs/a-context';
import { Witness } from './witness';

const context = () => contextOf(stored(1, { service: 'db', severity: 'low' }, 'web:1'));

describe('a witness', () => {
  it('remembers each filter with what it saw and said, and those that were not asked', () => {
    const filter = allOf(keyword('db'), anyOf(field('severity', 'high'), not(source('web:*'))), field('service', 'db'));
    const witness = new Witness();

    const verdict = filter.parts.compile('0')(context(), witness);

    expect(verdict.pass).toBe(false);
    expect(witness.testimony).toMatchObject({
      name: 'and',
      pass: false,
      children: [
        {
          name: 'keyword',
          args: ['db'],
          pass: true,
          saw: { source: 'web:1', fields: { service: 'db' } },
          reason: null,
        },
        {
          name: 'or',
          pass: false,
          children: [
            { name: 'field', args: ['severity', 'high'], pass: false, saw: { value: 'low' } },
            { name: 'not', pass: false, children: [{ name: 'source', pass: true, saw: { value: 'web:1' } }] },
          ],
        },
        { name: 'field', args: ['service', 'db'], pass: null, saw: null, reason: null, children: [] },
      ],
    });
    expect(witness.testimony!.children[1]!.children[0]!.reason).toBe('field severity: "low" is not "high"');
  });

  it('changes no verdict', () => {
    for (const filter of [keyword('db'), keyword('x'), not(keyword('db')), anyOf(keyword('x'), keyword('db'))]) {
      const check = filter.parts.compile('0');
      expect(check(context(), new Witness())).toEqual(check(context()));
    }
  });

  it('hears what throws, and lets it through', () => {
    const witness = new Witness();
    const filter = where(() => {
      throw new Error('oops');
    }, 'mine').and(keyword('db'));

    expect(() => filter.parts.compile('0')(context(), witness)).toThrow('oops');
    expect(witness.testimony).toMatchObject({
      reason: 'it throws: oops',
      children: [{ name: 'where', args: ['mine'], pass: false, reason: 'it throws: oops' }, { pass: null }],
    });
  });

  it('keeps what was seen short', () => {
    const witness = new Witness();
    const long = contextOf(stored(1, { detail: 'x'.repeat(10_000) }));

    field('detail', 'y').parts.compile('0')(long, witness);

    expect(JSON.stringify(witness.testimony).length).toBeLessThan(500);
  });
});
