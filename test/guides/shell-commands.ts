import type { CommandDescription } from '../../docs/site/reference/command-pages';

/** What the commands of a page may name. */
export interface Known {
  scripts: ReadonlySet<string>;
  commands: readonly CommandDescription[];
  schematics: ReadonlySet<string>;
  variables: ReadonlySet<string>;
}

/** Programs that are not ours, and not needed to test anything. */
const OF_OTHERS = new Set(['cd', 'git', 'docker', 'cp', 'make', 'claude']);

/** The commands of a block of shell, one a line, without comments and what continues or surrounds them. */
export function commandsIn(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split('&&'))
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

/** Why a command cannot be right, as far as that can be told without running it; `null` when nothing is wrong. */
export function mistakeIn(command: string, known: Known): string | null {
  const [program = '', ...words] = withoutVariables(command, known).split(/\s+/);
  if (program === 'npm') return mistakeInNpm(words, known);
  if (program === 'npx') return mistakeInNpx(words, known);
  if (OF_OTHERS.has(program)) return null;
  const unknown = /^([A-Z_]+)=/.exec(program)?.[1];
  return unknown === undefined ? `nobody runs "${program}"` : `there is no setting ${unknown}`;
}

function withoutVariables(command: string, { variables }: Known): string {
  const [, name] = /^([A-Z][A-Z_]*)=\S+\s+/.exec(command) ?? [];
  return name !== undefined && variables.has(name) ? command.slice(command.indexOf(' ')).trim() : command;
}

function mistakeInNpm([verb = '', script = '']: string[], { scripts }: Known): string | null {
  if (verb === 'ci' || verb === 'install') return null;
  const name = verb === 'run' ? script : verb;
  return scripts.has(name) ? null : `there is no npm script "${name}"`;
}

function mistakeInNpx([tool = '', ...words]: string[], known: Known): string | null {
  if (tool === 'nest') return known.schematics.has(words[1] ?? '') ? null : `"npx nest g" makes no "${words[1]}"`;
  if (tool !== 'reflex') return `nobody knows "npx ${tool}"`;
  const group = known.commands.find(({ name }) => name === words[0]);
  const command = group?.children.length
    ? group.children.find(({ name }) => name === words.slice(0, 2).join(' '))
    : group;
  if (!command) return `there is no command "reflex ${words.slice(0, 2).join(' ')}"`;
  const flags = command.options.map(({ flags: text }) => text.split(/[ ,]/)).flat();
  const unknown = words.find((word) => word.startsWith('--') && !flags.includes(word));
  return unknown === undefined ? null : `"reflex ${command.name}" has no option ${unknown}`;
}
