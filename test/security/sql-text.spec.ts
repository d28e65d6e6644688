import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SQL = /^\s*(select|insert|update|delete|with|notify|listen|alter|create|drop|truncate|set|lock|do)\s/i;
/** A constant of the code, or a name that the driver has quoted. */
const FIXED = /^([A-Z][A-Z_\d]*|[\w.]*escapeIdentifier\(\w+\))$/;

interface Part {
  where: string;
  value: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|\/specs\//.test(path));
}

/** Whatever is put into a text that begins as SQL does. */
function parts(path: string): Part[] {
  const code = readFileSync(path, 'utf8');
  return [...code.matchAll(/`((?:[^`\\]|\\.)*)`/g)]
    .filter(([, template]) => SQL.test(template!))
    .flatMap(({ 1: template, index }) => {
      const where = `${path.slice(ROOT.length + 1)}:${code.slice(0, index).split('\n').length}`;
      return [...template!.matchAll(/\$\{([^}]*)\}/g)].map(([, value]) => ({ where, value: value! }));
    });
}

describe('S8: SQL', () => {
  it('is written in the code as a whole: values come as parameters, names are constants', () => {
    const all = [...sources('libs'), ...sources('apps')].flatMap(parts);

    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ value }) => !FIXED.test(value))).toEqual([]);
  });

  it('is put together nowhere by adding texts', () => {
    const added = [...sources('libs'), ...sources('apps')].flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => /['"`](select|insert into|update|delete from) [^'"`]*['"`] *\+/i.test(line))
        .map((line) => `${path}: ${line}`),
    );

    expect(added).toEqual([]);
  });
});
