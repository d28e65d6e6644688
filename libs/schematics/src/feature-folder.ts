import { posix } from 'node:path';
import { strings } from '@angular-devkit/core';
import { type Rule, SchematicsException, type Tree } from '@angular-devkit/schematics';
import { format } from 'prettier';
import { withDomainModule } from '#module-source';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

export interface Place {
  /** Where the files go. */
  folder: string;
  /** In kebab case. */
  name: string;
  sourceRoot: string;
}

/** `orders/order-created` goes into the folder of the feature "orders"; a name alone gets a feature of its own. */
export function placeOf(options: { name: string; path?: string; sourceRoot?: string }): Place {
  const sourceRoot = options.sourceRoot ?? 'apps/api/src';
  const parts = posix
    .join(options.path ?? '', options.name)
    .split('/')
    .filter(Boolean)
    .map(strings.dasherize);
  const name = parts.pop() ?? '';
  const wrong = [...parts, name].find((part) => !NAME.test(part));
  if (wrong !== undefined) {
    throw new SchematicsException(`"${wrong}" is no name. Write letters, digits and dashes, a letter first.`);
  }
  return { folder: posix.join(sourceRoot, ...(parts.length > 0 ? parts : [name])), name, sourceRoot };
}

export interface FoundModule {
  path: string;
  className: string;
  /** Made just now, and the application does not know of it. */
  orphan: boolean;
  /** How the module imports a file of the folder. */
  from(file: string): string;
}

/** The module of the folder or of one above it; where there is none, one is made and put into the application. */
export function moduleOf(tree: Tree, { folder, sourceRoot }: { folder: string; sourceRoot: string }): FoundModule {
  for (let at = folder; at !== sourceRoot && at !== '.' && at !== '/'; at = posix.dirname(at)) {
    const file = [...tree.getDir(at).subfiles].sort().find((file) => file.endsWith('.module.ts'));
    if (file !== undefined) return foundModule(posix.join(at, file), folder, false);
  }
  const feature = posix.basename(folder);
  const path = posix.join(folder, `${feature}.module.ts`);
  const className = `${strings.classify(feature)}Module`;
  tree.create(path, `import { Module } from '@nestjs/common';\n\n@Module({})\nexport class ${className} {}\n`);
  return foundModule(path, folder, !joinApplication(tree, sourceRoot, className, path));
}

/** Brings every file that is new or changed into the project's form. */
export const formatAll: Rule = async (tree) => {
  const style = tree.exists('.prettierrc') ? (tree.readJson('.prettierrc') as object) : {};
  const paths = new Set(tree.actions.filter(({ kind }) => kind !== 'd').map(({ path }) => path));
  for (const path of paths) {
    if (path.endsWith('.ts'))
      tree.overwrite(path, await format(tree.readText(path), { ...style, parser: 'typescript' }));
  }
};

function joinApplication(tree: Tree, sourceRoot: string, className: string, path: string): boolean {
  const application = posix.join(sourceRoot, 'app.module.ts');
  if (!tree.exists(application)) return false;
  const specifier = `./${posix.relative(sourceRoot, path).replace(/\.ts$/, '')}`;
  const changed = withDomainModule(tree.readText(application), className, specifier);
  if (changed === undefined) return false;
  tree.overwrite(application, changed);
  return true;
}

function foundModule(path: string, folder: string, orphan: boolean): FoundModule {
  const className = `${strings.classify(posix.basename(path, '.module.ts'))}Module`;
  const way = posix.relative(posix.dirname(path), folder);
  return { path, className, orphan, from: (file) => (way === '' ? file : `./${posix.join(way, file)}`) };
}
