import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** A file of the collection, by the blocks it is made of. */
export interface BruFile {
  path: string;
  blocks: Record<string, string>;
}

export interface BruRequest extends BruFile {
  name: string;
  seq: number;
  folder: string;
  method: string;
  /** Without host and query; what is filled in stands as `{{name}}`. */
  url: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** All files of the collection; throws for one that does not consist of blocks as Bruno writes them. */
export function bruFiles(folder: string): BruFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.bru'))
    .map((path) => path.split(sep).join('/'))
    .sort()
    .map((path) => ({ path, blocks: blocksOf(path, readFileSync(join(folder, path), 'utf8')) }));
}

/** The requests among them. */
export function requestsOf(files: readonly BruFile[]): BruRequest[] {
  return files.flatMap((file) => {
    const method = METHODS.find((name) => name in file.blocks);
    if (method === undefined) return [];
    const meta = file.blocks['meta'] ?? '';
    const url = valueOf(file.blocks[method]!, 'url');
    return [
      {
        ...file,
        method,
        name: valueOf(meta, 'name'),
        seq: Number(valueOf(meta, 'seq')),
        folder: file.path.split('/').slice(0, -1).join('/'),
        url: url.replace('{{url}}', '').replace(/\?.*$/, ''),
      },
    ];
  });
}

/** The operation of an OpenAPI document that a request asks; the most literal path wins. */
export function operationOf({ method, url }: BruRequest, operations: readonly string[]): string | undefined {
  const fits = operations.filter((operation) => {
    const [itsMethod, path] = operation.split(' ') as [string, string];
    return itsMethod === method && new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(url);
  });
  return fits.toSorted((one, other) => one.split('{').length - other.split('{').length)[0];
}

function valueOf(block: string, key: string): string {
  return new RegExp(`^ {2}${key}: (.*)$`, 'm').exec(block)?.[1] ?? '';
}

function blocksOf(path: string, text: string): Record<string, string> {
  const blocks: Record<string, string> = {};
  const rest = text.replaceAll(/^([\w:-]+) \{\n((?: {2}.*\n|\n)*)\}$/gm, (_all, name: string, content: string) => {
    if (name in blocks) throw new Error(`${path} has two blocks "${name}". Join them.`);
    blocks[name] = content;
    return '';
  });
  if (rest.trim() !== '') throw new Error(`${path} has something outside of its blocks: ${rest.trim().slice(0, 80)}`);
  return blocks;
}
