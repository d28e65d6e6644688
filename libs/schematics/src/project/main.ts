import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PARTS, type PartName } from '#project/parts';
import { createProject, updateProject } from '#project/projects';

const TEMPLATE = join(import.meta.dirname, '..', '..', '..', '..');
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const PART_NAMES = Object.keys(PARTS) as PartName[];
const FLAGS = PART_NAMES.map((part) => `--no-${part}`);

const USAGE = `npm run new -- <name> <folder> ${FLAGS.map((flag) => `[${flag}]`).join(' ')}
npm run new -- --update <folder>   brings what is new here to the project's branch "upstream"`;

function main(args: string[]): string {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      update: { type: 'string' },
      ...Object.fromEntries(FLAGS.map((flag) => [flag.slice(2), { type: 'boolean' as const }])),
    },
  });
  if (typeof values.update === 'string') return update(resolve(values.update));
  const [name, folder] = positionals;
  if (name === undefined || folder === undefined || positionals.length > 2) throw new Error(USAGE);
  if (!NAME.test(name))
    throw new Error(`"${name}" is no name. Write small letters, digits and dashes, a letter first.`);
  const without = PART_NAMES.filter((part) => (values as Record<string, unknown>)[`no-${part}`] === true);
  createProject(TEMPLATE, resolve(folder), { name, without });
  return `${name} is in ${folder}. Next:\n\n  cd ${folder}\n  npm ci && npm start\n`;
}

function update(folder: string): string {
  if (!updateProject(TEMPLATE, folder)) return `${basename(folder)} has all of this already.\n`;
  return `The branch "upstream" of ${basename(folder)} is up to date. Next:\n\n  cd ${folder}\n  git merge upstream\n`;
}

try {
  process.stdout.write(main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
