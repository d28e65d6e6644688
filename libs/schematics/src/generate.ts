import { strings } from '@angular-devkit/core';
import {
  apply,
  applyTemplates,
  chain,
  filter,
  mergeWith,
  move,
  noop,
  type Rule,
  SchematicsException,
  url,
} from '@angular-devkit/schematics';
import { eventFor } from '#event-classes';
import { formatAll, moduleOf, placeOf } from '#feature-folder';
import { withEvent, withProvider } from '#module-source';

type Kind = 'event' | 'trigger' | 'agent' | 'tool';

export interface GenerateOptions {
  name: string;
  path?: string;
  sourceRoot?: string;
  event?: string;
  spec?: boolean;
  specFileSuffix?: string;
  skipImport?: boolean;
}

// The server alone publishes these.
const RESERVED = /^(timer|lifecycle|workflow)(-|$)/;

export const event = (options: GenerateOptions): Rule => generate('event', options);
export const trigger = (options: GenerateOptions): Rule => generate('trigger', options);
export const agent = (options: GenerateOptions): Rule => generate('agent', options);
export const tool = (options: GenerateOptions): Rule => generate('tool', options);

function generate(kind: Kind, options: GenerateOptions): Rule {
  return (tree) => {
    const { folder, name, sourceRoot } = placeOf(options);
    if (kind === 'event' && RESERVED.test(name)) {
      throw new SchematicsException(`Only the server publishes "${typeOf(name)}". Choose another name.`);
    }
    const className = strings.classify(name) + (kind === 'event' ? '' : strings.classify(kind));
    const wanted = kind === 'trigger' ? eventFor(tree, { folder, sourceRoot, name, wanted: options.event }) : undefined;
    if (wanted?.example === undefined && kind === 'trigger' && options.spec !== false) {
      throw new SchematicsException(`Write an example into @EventType of ${wanted?.className}: the spec sends it.`);
    }
    const view = { ...strings, name, className, type: typeOf(name), suffix: options.specFileSuffix ?? 'spec', wanted };
    return chain([
      mergeWith(
        apply(url(`./files/${kind}`), [
          options.spec === false ? filter((path) => !path.includes('__suffix__')) : noop(),
          applyTemplates(view),
          move(folder),
        ]),
      ),
      options.skipImport ? noop() : register(kind, { folder, sourceRoot, className, file: `./${name}.${kind}` }),
      formatAll,
    ]);
  };
}

function register(kind: Kind, made: { folder: string; sourceRoot: string; className: string; file: string }): Rule {
  return (tree, { logger }) => {
    const found = moduleOf(tree, made);
    const add = kind === 'event' ? withEvent : withProvider;
    tree.overwrite(found.path, add(tree.readText(found.path), made.className, found.from(made.file)));
    if (found.orphan) logger.warn(`Add { module: ${found.className} } to the modules of your application.`);
  };
}

function typeOf(name: string): string {
  return name.replaceAll('-', '.');
}
