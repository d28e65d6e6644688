import { figuresOf, figuresOnPage } from './performance-page';
import { readResults } from './row-results';
import { ROWS } from './rows';

// Prettier widens the columns of a table.
const narrow = (text: string): string =>
  text
    .replace(/ +/g, ' ')
    .replace(/-{3,}/g, '---')
    .replace(/\s*\n\s*/g, '\n');

it('shows the figures of results.json in docs/performance.md, as they are', async () => {
  const results = await readResults();

  expect(narrow(await figuresOnPage())).toBe(narrow(figuresOf(results)));
});

it('has no figures of rows that are gone', async () => {
  const names = ROWS.map(({ name }) => name);

  expect((await readResults()).rows.filter(({ row }) => !names.includes(row))).toEqual([]);
});
