import ts from 'typescript';

/** The source of a module with the class among its providers. */
export function withProvider(source: string, className: string, from: string): string {
  return withImport(withElement(source, 'providers', className), className, from);
}

/** The source of a module with the event class in its `EventsModule.forFeature`. */
export function withEvent(source: string, className: string, from: string): string {
  const known = features(parsed(source));
  const changed = known
    ? inserted(source, known, className)
    : withImport(
        withElement(source, 'imports', `EventsModule.forFeature([${className}])`),
        'EventsModule',
        '@reflex/events',
      );
  return withImport(changed, className, from);
}

/** The source of the application with the module in what `domainOf` returns; `undefined` where there is none. */
export function withDomainModule(source: string, className: string, from: string): string | undefined {
  const domain = find(parsed(source), (node) =>
    ts.isFunctionDeclaration(node) && node.name?.text === 'domainOf' ? node : undefined,
  );
  const list = domain && find(domain, (node) => (ts.isReturnStatement(node) ? arrayIn(node.expression) : undefined));
  return list && withImport(inserted(source, list, `{ module: ${className} }`), className, from);
}

function withElement(source: string, property: string, element: string): string {
  const options = find(parsed(source), moduleOptions);
  if (!options) throw new Error('There is no @Module({…}) in the file. Write one, or pass --skip-import.');
  const assignment = options.properties.find(
    (known) => ts.isPropertyAssignment(known) && known.name.getText() === property,
  ) as ts.PropertyAssignment | undefined;
  if (!assignment) {
    const last = options.properties.at(-1);
    return spliced(source, last?.getEnd() ?? options.getStart() + 1, `${last ? ', ' : ''}${property}: [${element}]`);
  }
  const list = arrayIn(assignment.initializer);
  if (!list) throw new Error(`"${property}" of the module is no list. Add ${element} to it, and pass --skip-import.`);
  return inserted(source, list, element);
}

/** Imports go where they stand in alphabetical order, or to what is imported from there already. */
function withImport(source: string, name: string, from: string): string {
  const imports = parsed(source).statements.filter((statement) => ts.isImportDeclaration(statement));
  const path = (statement: ts.ImportDeclaration) => (statement.moduleSpecifier as ts.StringLiteral).text;
  const names = imports.find((statement) => path(statement) === from)?.importClause?.namedBindings;
  if (names && ts.isNamedImports(names)) {
    if (names.elements.some((element) => element.name.text === name)) return source;
    const next = names.elements.find((element) => element.name.text.localeCompare(name) > 0);
    return next
      ? spliced(source, next.getStart(), `${name}, `)
      : spliced(source, names.elements.at(-1)!.getEnd(), `, ${name}`);
  }
  const line = `import { ${name} } from '${from}';\n`;
  const isRelative = (text: string) => text.startsWith('.');
  const next = imports.find((statement) => {
    if (isRelative(path(statement)) !== isRelative(from)) return isRelative(path(statement));
    return path(statement).localeCompare(from) > 0;
  });
  const last = imports.at(-1);
  if (next) return spliced(source, next.getStart(), line);
  return last ? spliced(source, last.getEnd(), `\n${line.trimEnd()}`) : line + source;
}

function features(file: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  return find(file, (node) => {
    const isCall = ts.isCallExpression(node) && node.expression.getText() === 'EventsModule.forFeature';
    return isCall ? arrayIn(node.arguments[0]) : undefined;
  });
}

function moduleOptions(node: ts.Node): ts.ObjectLiteralExpression | undefined {
  if (!ts.isDecorator(node) || !ts.isCallExpression(node.expression)) return undefined;
  const [options] = node.expression.arguments;
  const isModule = node.expression.expression.getText() === 'Module';
  return isModule && options && ts.isObjectLiteralExpression(options) ? options : undefined;
}

function arrayIn(node: ts.Node | undefined): ts.ArrayLiteralExpression | undefined {
  return node && ts.isArrayLiteralExpression(node) ? node : undefined;
}

function inserted(source: string, list: ts.ArrayLiteralExpression, element: string): string {
  if (list.elements.some((known) => known.getText() === element)) return source;
  const last = list.elements.at(-1);
  return spliced(source, last?.getEnd() ?? list.getStart() + 1, `${last ? ', ' : ''}${element}`);
}

function spliced(source: string, at: number, text: string): string {
  return source.slice(0, at) + text + source.slice(at);
}

function parsed(source: string): ts.SourceFile {
  return ts.createSourceFile('module.ts', source, ts.ScriptTarget.Latest, true);
}

function find<Found>(node: ts.Node, wanted: (node: ts.Node) => Found | undefined): Found | undefined {
  return wanted(node) ?? ts.forEachChild(node, (child) => find(child, wanted));
}
