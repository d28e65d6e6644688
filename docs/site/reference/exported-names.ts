import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One name that a lib exports. */
export interface ExportedName {
  lib: string;
  name: string;
  kind: 'decorator' | 'function' | 'class' | 'type' | 'value';
  about: string;
  /** Its declarations as in a `.d.ts` file: without bodies and what is private. */
  declaration: string;
}

const printer = ts.createPrinter();
const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** What the libs export, read by the compiler from their sources and doc comments. */
export function exportedNames(root: string): ExportedName[] {
  const indexes = readdirSync(join(root, 'libs'))
    .map((lib) => ({ lib, path: join(root, 'libs', lib, 'src', 'index.ts') }))
    .filter(({ path }) => ts.sys.fileExists(path));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    indexes.map(({ path }) => path),
    { ...options, incremental: false, noEmit: true },
  );
  const checker = program.getTypeChecker();
  return indexes.flatMap(({ lib, path }) => {
    const index = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
    return checker.getExportsOfModule(index).flatMap((symbol) => describe(lib, symbol, checker));
  });
}

function describe(lib: string, exported: ts.Symbol, checker: ts.TypeChecker): ExportedName[] {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = (symbol.declarations ?? []).filter((declaration) => !isImplementation(declaration));
  const [first] = declarations;
  if (!first) return [];
  return [
    {
      lib,
      name: exported.name,
      kind: kindOf(first, exported.name),
      about: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      declaration: declarations.map((declaration) => printed(declaration, checker)).join('\n'),
    },
  ];
}

/** The body behind overloads, which callers do not see. */
function isImplementation(declaration: ts.Declaration): boolean {
  if (!ts.isFunctionDeclaration(declaration) || declaration.body === undefined) return false;
  const siblings = declaration.parent.getChildren().flatMap((list) => list.getChildren());
  return siblings.some(
    (other) =>
      ts.isFunctionDeclaration(other) && other.body === undefined && other.name?.text === declaration.name?.text,
  );
}

function kindOf(declaration: ts.Declaration, name: string): ExportedName['kind'] {
  if (ts.isFunctionDeclaration(declaration) || isFunctionValue(declaration)) {
    return /^[A-Z]/.test(name) ? 'decorator' : 'function';
  }
  if (ts.isClassDeclaration(declaration)) return 'class';
  return ts.isVariableDeclaration(declaration) ? 'value' : 'type';
}

function isFunctionValue(declaration: ts.Declaration): boolean {
  return (
    ts.isVariableDeclaration(declaration) &&
    declaration.initializer !== undefined &&
    ts.isArrowFunction(declaration.initializer)
  );
}

function printed(declaration: ts.Declaration, checker: ts.TypeChecker): string {
  const node = withoutBodies(declaration);
  if (ts.isVariableDeclaration(node)) {
    const type = checker.typeToString(
      checker.getTypeAtLocation(declaration),
      declaration,
      ts.TypeFormatFlags.NoTruncation,
    );
    return `const ${node.name.getText()}: ${type};`;
  }
  const text = printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
  return text.replace(/^(\/\*\*[^]*?\*\/|\/\/.*)\s*/, '').replace(/^export /, '');
}

function withoutBodies(node: ts.Declaration): ts.Node {
  const { factory } = ts;
  if (ts.isFunctionDeclaration(node)) {
    return factory.updateFunctionDeclaration(
      node,
      modifiersOf(node),
      node.asteriskToken,
      node.name,
      node.typeParameters,
      node.parameters,
      node.type,
      undefined,
    );
  }
  if (!ts.isClassDeclaration(node)) return node;
  const members = node.members.filter(isPublic).map(withoutBody);
  return factory.updateClassDeclaration(
    node,
    modifiersOf(node),
    node.name,
    node.typeParameters,
    node.heritageClauses,
    members,
  );
}

function isPublic(member: ts.ClassElement): boolean {
  if (ts.getCombinedModifierFlags(member) & HIDDEN) return false;
  if (member.name && (ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name))) return false;
  // Nest makes those whose constructor takes what is injected.
  return (
    !ts.isConstructorDeclaration(member) || !member.parameters.some((one) => ts.getCombinedModifierFlags(one) & HIDDEN)
  );
}

function withoutBody(member: ts.ClassElement): ts.ClassElement {
  const { factory } = ts;
  if (ts.isMethodDeclaration(member)) {
    const { asteriskToken, name, questionToken, typeParameters, parameters, type } = member;
    const parts = [asteriskToken, name, questionToken, typeParameters, parameters, type] as const;
    return factory.updateMethodDeclaration(member, modifiersOf(member), ...parts, undefined);
  }
  if (ts.isGetAccessorDeclaration(member)) {
    const { name, parameters, type } = member;
    return factory.updateGetAccessorDeclaration(member, modifiersOf(member), name, parameters, type, undefined);
  }
  if (ts.isConstructorDeclaration(member)) {
    const parameters = member.parameters.map(({ dotDotDotToken, name, questionToken, type, initializer }) =>
      factory.createParameterDeclaration(undefined, dotDotDotToken, name, questionToken, type, initializer),
    );
    return factory.updateConstructorDeclaration(member, modifiersOf(member), parameters, undefined);
  }
  if (ts.isPropertyDeclaration(member)) {
    const { name, questionToken, exclamationToken, type, initializer } = member;
    const mark = type ? (questionToken ?? exclamationToken) : questionToken;
    return factory.updatePropertyDeclaration(
      member,
      modifiersOf(member),
      name,
      mark,
      type,
      type ? undefined : initializer,
    );
  }
  return member;
}

/** Without decorators, which say something to the framework and nothing to a caller. */
function modifiersOf(node: ts.HasModifiers): ts.Modifier[] {
  const silent = new Set([ts.SyntaxKind.AsyncKeyword, ts.SyntaxKind.ExportKeyword, ts.SyntaxKind.DeclareKeyword]);
  return (ts.getModifiers(node) ?? []).filter(({ kind }) => !silent.has(kind));
}
