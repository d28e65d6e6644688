import * as fc from 'fast-check';
import { Client } from 'pg';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { arrayText, textArrayText } from '../array-text';

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it('writes texts that PostgreSQL reads as they were', async () => {
  // PostgreSQL has no NUL in a text, and no half of a surrogate pair.
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
  const odd = fc.constantFrom('', 'NULL', 'null', '{}', '"', '\\', ',', ' a ', '\n\t', '\u001f', `'`, '\\"');
  const texts = fc.array(fc.oneof(text, odd, fc.constant(null)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const { rows } = await client.query('select $1::text[] as read', [textArrayText(values)]);
      expect(rows[0].read).toEqual(values);
    }),
    { numRuns: 300 },
  );
});

it('writes numbers as they are', async () => {
  const values = [0, -1, 1.5, 1e-7, 1_763_650_000_123, 1e21];
  const { rows } = await client.query('select $1::float8[] as read', [arrayText(values)]);
  expect(rows[0].read).toEqual(values);
});
