import { posix } from 'node:path';
import ts from 'typescript';

/** Each lib may import those of the rows above its own. */
const LAYERS = [
  ['core'],
  ['events', 'observability', 'auth'],
  ['event-store', 'agents'],
  ['triggers', 'dlq', 'realtime'],
  ['timers'],
  ['workflows'],
  ['health'],
  ['testing'],
];

/** Libs that never know each other although their layers would allow it: they meet in an app. */
const STRANGERS = [['triggers', 'agents']];

const NAMED_BY_APP: Record<string, string[]> = { web: ['core'] };
/** Specs and golden sets, and the folders in which a lib keeps what only its specs use. */
const SPEC = /\.((e2e-)?spec|golden)\.tsx?$|\/(specs|testing)\//;
/** What a lib offers to the specs of others. */
const FOR_SPECS = /^([^/]+)\/testing$/;
const CONFIG = /^apps\/[^/]+\/src\/config\.ts$/;

/** These hand an environment on to a child process, with most of it taken out; they read no setting of ours. */
export const ENVIRONMENT_OF_CHILDREN = [
  'libs/event-store/src/postgres/embedded/server-user.ts',
  'libs/event-store/src/postgres/embedded/supervisor-link.ts',
];

/** A source file: its path from the root of the project, with forward slashes, and its text. */
export interface Source {
  path: string;
  text: string;
}

/** What breaks the layering, each as `path:line: sentence`. */
export function brokenLayers(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
    return findingsIn(file).flatMap(({ position, specifier }) => {
      const sentence = specifier === undefined ? whyNoEnvironment(path) : whyNoImport(path, specifier);
      return sentence ? [`${path}:${file.getLineAndCharacterOfPosition(position).line + 1}: ${sentence}`] : [];
    });
  });
}

/** An import, or, without a specifier, a look at the environment. */
interface Finding {
  position: number;
  specifier?: string;
}

function findingsIn(file: ts.SourceFile): Finding[] {
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    const position = node.getStart(file);
    if (specifier !== undefined) findings.push({ position, specifier });
    if (readsEnvironment(node)) findings.push({ position });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function specifierOf(node: ts.Node): string | undefined {
  let specifier: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier;
  else if (ts.isExternalModuleReference(node)) specifier = node.expression;
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specifier = node.argument.literal;
  else if (ts.isCallExpression(node) && isImporting(node.expression)) specifier = node.arguments[0];
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

function isImporting(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isPropertyAccessExpression(callee)) return isImporting(callee.expression);
  return ts.isIdentifier(callee) && (callee.text === 'require' || callee.text === 'jest');
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env';
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression);
  if (ts.isVariableDeclaration(node)) {
    return ts.isObjectBindingPattern(node.name) && node.initializer !== undefined && isProcess(node.initializer);
  }
  return ts.isImportDeclaration(node) && /^(node:)?process$/.test((node.moduleSpecifier as ts.StringLiteral).text);
}

function isProcess(node: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'process';
  return ts.isIdentifier(node) && node.text === 'process';
}

function whyNoEnvironment(path: string): string | undefined {
  if (CONFIG.test(path) || SPEC.test(path) || ENVIRONMENT_OF_CHILDREN.includes(path)) return undefined;
  return "reads the environment. Only an app's src/config.ts does; take the value as an option.";
}

function whyNoImport(path: string, specifier: string): string | undefined {
  const [kind, unit] = path.split('/') as [string, string];
  const isSpec = SPEC.test(path);
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier);
    if (!isSpec && SPEC.test(target)) return `imports ${target}, which is for tests. Move what the product needs.`;
    if (target.startsWith(`${kind}/${unit}/`) || kind === 'examples') return undefined;
    return `imports ${target} by its path. Import what a lib exports, from @reflex/<lib>.`;
  }
  if (!specifier.startsWith('@reflex/')) return isPure(path, specifier) ? undefined : impure(specifier);
  const lib = specifier.slice('@reflex/'.length);
  if (lib === 'testing' && !isSpec) return 'imports @reflex/testing, which is for tests. Only specs may.';
  if (lib === 'test') return isSpec ? undefined : 'imports the test support. Only tests may.';
  const offering = FOR_SPECS.exec(lib)?.[1];
  if (offering !== undefined && layerOf(offering) !== undefined) {
    if (!isSpec) return `imports ${specifier}, which is for tests. Only specs may.`;
    return whyNoImport(path, `@reflex/${offering}`);
  }
  if (lib.includes('/')) return `imports ${specifier}, the inside of a lib. Import from @reflex/${lib.split('/')[0]}.`;
  if (layerOf(lib) === undefined)
    return `imports ${specifier}, which is in no layer. Add it to LAYERS in test/layers.ts.`;
  return kind === 'libs' ? whyNotDown(unit, lib, isSpec) : whyNotForApp(kind, unit, lib);
}

function whyNotDown(from: string, to: string, isSpec: boolean): string | undefined {
  if (from === to) return isSpec ? undefined : `imports its own index. Import the file instead.`;
  const layer = layerOf(from);
  if (layer === undefined) return `belongs to ${from}, which is in no layer. Add it to LAYERS in test/layers.ts.`;
  if (STRANGERS.some((pair) => pair.includes(from) && pair.includes(to))) {
    return `makes ${from} know ${to}. They meet in an app only.`;
  }
  const direction = layerOf(to)! - layer;
  if (direction < 0) return undefined;
  return `imports ${direction === 0 ? 'sideways' : 'upwards'}: ${from} may not know ${to}.`;
}

function whyNotForApp(kind: string, unit: string, lib: string): string | undefined {
  const named = kind === 'apps' ? NAMED_BY_APP[unit] : undefined;
  return !named || named.includes(lib) ? undefined : `imports ${lib}; ${unit} may know ${named.join(', ')} alone.`;
}

// The browser loads libs/core.
function isPure(path: string, specifier: string): boolean {
  return !path.startsWith('libs/core/') || SPEC.test(path) || specifier === 'zod';
}

function impure(specifier: string): string {
  return `imports ${specifier}. libs/core loads in a browser; only zod may be imported there.`;
}

function layerOf(lib: string): number | undefined {
  const layer = LAYERS.findIndex((libs) => libs.includes(lib));
  return layer < 0 ? undefined : layer;
}
