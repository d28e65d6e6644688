import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ReflexError } from '@reflex/core';

const SOURCES = '{apps,libs,examples,src,test}/**/*.ts';
const LEFT_OUT = ['node_modules', 'dist'];

/** The project's code and the run do not fit together. */
export class ClassNotFound extends ReflexError {
  readonly code = 'class_not_found';
}

/** The file that exports each class, from the root of the project. Throws `ClassNotFound`. */
export function sourcesOf(classNames: readonly string[], root: string): Map<string, string> {
  const files = globSync(SOURCES, { cwd: root, exclude: (name) => LEFT_OUT.includes(name) });
  const found = new Map<string, string[]>(classNames.map((name) => [name, []]));
  for (const file of files.filter((path) => !path.endsWith('.d.ts'))) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [name, places] of found) if (exports(text, name)) places.push(file.replaceAll(sep, '/'));
  }
  return new Map([...found].map(([name, places]) => [name, theOne(name, places)]));
}

function exports(text: string, name: string): boolean {
  return new RegExp(`^export class ${name}\\b`, 'm').test(text);
}

function theOne(name: string, places: readonly string[]): string {
  const [first, second] = places;
  if (first === undefined) {
    throw new ClassNotFound(
      `No file of this project says "export class ${name}". Run this in the project of the service, and export the class.`,
    );
  }
  if (second !== undefined) {
    throw new ClassNotFound(`The class ${name} is exported by ${places.join(' and ')}. Give one of them another name.`);
  }
  return first;
}
