import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { InvalidSetting } from '@reflex/core';
import type { GoldenSet } from '@reflex/testing';

const ROOT = join(__dirname, '..', '..');
const GOLDEN = '{apps,examples,libs}/**/*.golden.ts';

export interface GoldenFile {
  /** From the root of the project. */
  file: string;
  set: GoldenSet;
}

/** All golden sets of the project, by file. */
export function goldenSets(): GoldenFile[] {
  const files = globSync(GOLDEN, { cwd: ROOT, exclude: (name) => name === 'node_modules' || name === 'dist' });
  return files.sort().map((file) => {
    const { default: set } = load(join(ROOT, file)) as { default?: GoldenSet };
    if (!set?.cases) {
      throw new InvalidSetting(`${file} exports no golden set. Write: export default goldenSet({ … }).`);
    }
    return { file: file.replaceAll(sep, '/'), set };
  });
}

// In the same way as everything else is loaded, so that classes are the same; `import` would make them anew in tests.
function load(path: string): unknown {
  return require(path) as unknown;
}

/** Those that are named, by an agent or by a folder of their path; all when nothing is. */
export function wantedSets(files: readonly GoldenFile[], names: readonly string[]): GoldenFile[] {
  if (names.length === 0) return [...files];
  const wantedBy = (name: string) =>
    files.filter(({ file, set }) => set.agent === name || file.split('/').includes(name));
  const stray = names.find((name) => wantedBy(name).length === 0);
  if (stray !== undefined) {
    const known = files.map(({ set }) => set.agent).join(', ') || 'none';
    throw new InvalidSetting(`No golden set is for "${stray}". Name an agent or a folder; the agents are: ${known}.`);
  }
  return files.filter((file) => names.some((name) => wantedBy(name).includes(file)));
}
