import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, sep } from 'node:path';
import { git } from '#project/git';
import { GENERATOR, type Part, PARTS, type Recipe } from '#project/parts';

/** In the project: how it was made, and from which commit. */
export const RECIPE_FILE = '.reflex-template.json';

/** Puts the template as it is committed into the folder, renamed and without the parts that are not wanted. */
export function writeProject(template: string, folder: string, recipe: Recipe): { commit: string } {
  const commit = git(template, 'rev-parse', 'HEAD');
  extract(template, folder);
  for (const part of [GENERATOR, ...recipe.without.map((name) => PARTS[name])]) leaveOut(folder, part);
  rename(folder, recipe.name);
  const text = JSON.stringify({ ...recipe, commit }, null, 2);
  // Short lists stand on one line, as the project's formatter wants them.
  const formatted = text.replace(/\[\s+([^\]]*?)\s+\]/g, (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`);
  writeFileSync(join(folder, RECIPE_FILE), `${formatted}\n`);
  return { commit };
}

export function readRecipe(folder: string): Recipe {
  const path = join(folder, RECIPE_FILE);
  if (!existsSync(path)) {
    throw new Error(`${path} is missing, so ${folder} was not made by "npm run new". Give the folder of a project.`);
  }
  const { name, without } = JSON.parse(readFileSync(path, 'utf8')) as Recipe;
  return { name, without };
}

// Only what is committed: neither settings nor data nor dependencies of whoever works on the template.
function extract(template: string, folder: string): void {
  const temporary = mkdtempSync(join(tmpdir(), 'reflex-template-'));
  try {
    const archive = join(temporary, 'template.tar');
    git(template, 'archive', '--format=tar', '--output', archive, 'HEAD');
    execFileSync('tar', ['-xf', archive, '-C', folder]);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function leaveOut(folder: string, part: Part): void {
  const { folders, scripts } = part;
  for (const path of folders) rmSync(join(folder, path), { recursive: true, force: true });
  editJson(join(folder, 'package.json'), (manifest) => {
    const kept = Object.entries(manifest.scripts ?? {}).filter(([name]) => !scripts.includes(name));
    manifest.scripts = Object.fromEntries(kept.map(([name, command]) => [name, withoutWords(command, folders)]));
    manifest.workspaces = manifest.workspaces?.filter((path) => !folders.includes(path));
  });
  for (const page of ['README.md', ...pagesOf(folder)])
    edit(join(folder, page), (text) => withoutLeadsTo(text, page, part));
}

function pagesOf(folder: string): string[] {
  const docs = join(folder, 'docs');
  if (!existsSync(docs)) return [];
  const files = readdirSync(docs, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.md')).map((file) => posix.join('docs', ...file.split(sep)));
}

/** Without the rows of tables and the items of lists that lead there. */
function withoutLeadsTo(text: string, page: string, { folders, scripts }: Part): string {
  const links = folders.map((path) => `](${posix.relative(posix.dirname(page), path)}`);
  const words = [...links, ...scripts.map((script) => `| \`npm run ${script}`)];
  const leadsThere = (line: string): boolean => /^(\||- )/.test(line) && words.some((word) => line.includes(word));
  return text
    .split('\n')
    .filter((line) => !leadsThere(line))
    .join('\n');
}

function rename(folder: string, name: string): void {
  editJson(join(folder, 'package.json'), (manifest) => {
    manifest.name = name;
  });
  editJson(join(folder, 'package-lock.json'), (lock) => {
    lock.name = name;
    if (lock.packages?.['']) lock.packages[''].name = name;
  });
  edit(join(folder, 'README.md'), (text) => text.replace(/^# .*$/m, `# ${name}`));
  const named = (text: string) => text.replace(/^(\s*(?:name|image): )reflex(?=-|$)/gm, `$1${name}`);
  for (const file of ['docker-compose.yml', 'docker/compose.dev.yml']) edit(join(folder, file), named);
}

interface Manifest {
  name: string;
  scripts?: Record<string, string>;
  workspaces?: string[];
  packages?: Record<string, { name?: string }>;
}

function editJson(path: string, change: (json: Manifest) => void): void {
  edit(path, (text) => {
    const json = JSON.parse(text) as Manifest;
    change(json);
    return `${JSON.stringify(json, null, 2)}\n`;
  });
}

function edit(path: string, change: (text: string) => string): void {
  if (existsSync(path)) writeFileSync(path, change(readFileSync(path, 'utf8')));
}

function withoutWords(command: string, words: readonly string[]): string {
  return command
    .split(' ')
    .filter((word) => !words.includes(word))
    .join(' ');
}
