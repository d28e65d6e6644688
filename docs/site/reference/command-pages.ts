import 'reflect-metadata';
import { MODULE_METADATA } from '@nestjs/common/constants';
import type { CommandMetadata, OptionMetadata } from 'nest-commander';
import { blocks, code, type Page, prose, table } from './markdown';

type CommandClass = new (...args: never[]) => object;

/** A command of the command line, as its decorators describe it. */
export interface CommandDescription {
  /** With those above it, such as `dlq list`. */
  name: string;
  words: string;
  about: string;
  options: { flags: string; about: string }[];
  children: CommandDescription[];
}

const COMMAND = 'CommandBuilder:Command:Meta';
const SUBCOMMAND = 'CommandBuilder:Subcommand:Meta';
const OPTION = 'CommandBuilder:Option:Meta';

/** The commands among a module's providers, from the metadata of nest-commander. */
export function commandsOf(cliModule: object): CommandDescription[] {
  const providers = (Reflect.getMetadata(MODULE_METADATA.PROVIDERS, cliModule) ?? []) as unknown[];
  return providers
    .filter(
      (provider): provider is CommandClass => typeof provider === 'function' && Reflect.hasMetadata(COMMAND, provider),
    )
    .map((provider) => describe(provider, COMMAND, ''));
}

/** One page with all of them. */
export function commandPages(commands: readonly CommandDescription[]): Page[] {
  const text = blocks(
    '# Command line',
    'Every command of `npx reflex`, from its decorators. The [guide](../guides/cli.md) tells what they are for.',
    ...commands.flatMap((command) => [command, ...command.children]).map(section),
  );
  return [{ path: 'reference/commands', text }];
}

function section({ name, words, about, options }: CommandDescription): string {
  return blocks(
    `## reflex ${name}`,
    `${prose(about)}.`,
    words && `Words: ${code(words)}`,
    table(
      ['Option', 'What it does'],
      options.map((option) => [code(option.flags), prose(option.about)]),
    ),
  );
}

function describe(command: CommandClass, key: string, above: string): CommandDescription {
  const {
    name,
    arguments: words = '',
    description = '',
    subCommands = [],
  } = Reflect.getMetadata(key, command) as CommandMetadata;
  const full = `${above}${name}`;
  return {
    name: full,
    words,
    about: description,
    options: optionsOf(command.prototype as object),
    children: subCommands.map((child) => describe(child as CommandClass, SUBCOMMAND, `${full} `)),
  };
}

function optionsOf(prototype: object): CommandDescription['options'] {
  const found: CommandDescription['options'] = [];
  for (let owner = prototype; owner !== Object.prototype; owner = Object.getPrototypeOf(owner) as object) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(owner))) {
      const option =
        typeof value === 'function' ? (Reflect.getMetadata(OPTION, value as object) as OptionMetadata) : undefined;
      if (option && !found.some(({ flags }) => flags === option.flags)) {
        found.push({ flags: option.flags, about: option.description ?? '' });
      }
    }
  }
  return found;
}
