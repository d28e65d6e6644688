import { posix } from 'node:path';
import { type DirEntry, SchematicsException, type Tree } from '@angular-devkit/schematics';
import { strings } from '@angular-devkit/core';
import ts from 'typescript';

/** An event class that a trigger may listen to. */
export interface EventChoice {
  className: string;
  type: string;
  /** How the trigger imports it. */
  from: string;
  /** Own fields of a valid one, as they are written in the source; `undefined` if its class shows none. */
  example: string | undefined;
}

const BUILT_IN: readonly EventChoice[] = [
  { className: 'HttpPayload', type: 'http', from: '@reflex/events', example: `{ payload: { message: 'Hello' } }` },
  {
    className: 'HttpRequest',
    type: 'http.request',
    from: '@reflex/events',
    example: `{ method: 'GET', path: '/test', headers: {}, body: null }`,
  },
  {
    className: 'WebSocketMessage',
    type: 'ws.message',
    from: '@reflex/events',
    example: `{ connection_id: 'ann', content: 'Hello' }`,
  },
  {
    className: 'Lifecycle',
    type: 'lifecycle',
    from: '@reflex/events',
    example: `{ action: 'started', details: null }`,
  },
];

/** The event asked for; or the one of the same name, or the first with an example, of the feature; or free JSON over HTTP. */
export function eventFor(
  tree: Tree,
  at: { folder: string; sourceRoot: string; name: string; wanted?: string },
): EventChoice {
  const ofFeature = eventsIn(tree, at.folder, at.folder);
  const sameName = ofFeature.find(({ className }) => className === strings.classify(at.name));
  if (at.wanted === undefined)
    return sameName ?? ofFeature.find(({ example }) => example !== undefined) ?? BUILT_IN[0]!;
  const known = [...ofFeature, ...BUILT_IN, ...eventsIn(tree, at.sourceRoot, at.folder)];
  const found = known.find(({ className }) => className === at.wanted);
  if (found) return found;
  throw new SchematicsException(`There is no event class "${at.wanted}". Make it first: npx nest g event … -p api`);
}

function eventsIn(tree: Tree, folder: string, from: string): EventChoice[] {
  return filesBelow(tree.getDir(folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('spec.ts'))
    .flatMap((path) => classesIn(tree.readText(path), specifier(from, path.slice(1))));
}

function filesBelow(folder: DirEntry): string[] {
  const own = [...folder.subfiles].sort().map((name) => posix.join(folder.path, name));
  return [...own, ...folder.subdirs.flatMap((name) => filesBelow(folder.dir(name)))];
}

function classesIn(source: string, from: string): EventChoice[] {
  if (!source.includes('@EventType(')) return [];
  const file = ts.createSourceFile('event.ts', source, ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isClassDeclaration).flatMap((declared) => {
    const call = (ts.getDecorators(declared) ?? []).map(({ expression }) => expression).find(isEventType);
    const [type, options] = call?.arguments ?? [];
    if (!declared.name || !type || !ts.isStringLiteralLike(type)) return [];
    return [{ className: declared.name.text, type: type.text, from, example: exampleIn(options) }];
  });
}

function isEventType(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.getText() === 'EventType';
}

function exampleIn(options: ts.Expression | undefined): string | undefined {
  if (!options || !ts.isObjectLiteralExpression(options)) return undefined;
  const example = options.properties.find((property) => property.name?.getText() === 'example');
  return example && ts.isPropertyAssignment(example) ? example.initializer.getText() : undefined;
}

function specifier(from: string, path: string): string {
  const way = posix.relative(from, path.replace(/\.ts$/, ''));
  return way.startsWith('.') ? way : `./${way}`;
}
