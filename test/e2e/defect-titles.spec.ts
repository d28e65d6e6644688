import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** Defects of the original system that must not come back, by the numbers under which they were found. */
const NUMBERS = [1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20, 23, 25, 28, 29, 30, 32, 33, 34, 38, 40];

// Titles say "D1: …", "D25, D38: …" or "… (D8)", as one text.
const AT_START = /['"`](D\d+(?:, D\d+)*): /g;
const AT_END = /\((D\d+(?:, D\d+)*)\)['"`]/g;

function numbersIn(source: string): number[] {
  return [...source.matchAll(AT_START), ...source.matchAll(AT_END)].flatMap(([, names]) =>
    names!.split(', ').map((name) => Number(name.slice(1))),
  );
}

it.each([
  ["it('D1: keeps an id', () => {})", [1]],
  ["it('D25, D38: five errors', () => {})", [25, 38]],
  ["it('claims no more (D8)', () => {})", [8]],
  ['// D7: is tested elsewhere', []],
  ["const note = 'see D2';", []],
])('finds the numbers of %s', (source, expected) => {
  expect(numbersIn(source)).toEqual(expected);
});

it('every defect of the original has a test that carries its number', () => {
  const specs = globSync('{libs,apps,test}/**/*spec.ts', { cwd: ROOT, exclude: (name) => name === 'node_modules' });
  const others = specs.filter((file) => join(ROOT, file) !== __filename);

  const tested = new Set(others.flatMap((file) => numbersIn(readFileSync(join(ROOT, file), 'utf8'))));

  expect(NUMBERS.filter((number) => !tested.has(number)).map((number) => `D${number} has no test`)).toEqual([]);
});
