import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { blocks, code, type Page } from './markdown';

const LANGUAGES: Record<string, string> = { '.mjs': 'js', '.cjs': 'js', '.yml': 'yaml', '.example': 'ini' };
const LINK = /\]\((\.{1,2}\/[^)\s#]+)(?:#[^)]*)?\)/g;

/** The path of a page that shows a file or folder of the repository; dots would make it look like a file to download. */
export function sourcePagePath(path: string): string {
  return `reference/source/${path.replaceAll('.', '-')}`;
}

/** What a relative link of a page means, when that lies outside of `docs/`: a path from the root of the repository. */
export function linkedSource(docs: string, page: string, link: string): string | null {
  const target = join(docs, dirname(page), decodeURI(link));
  const inDocs = relative(docs, target);
  if (!inDocs.startsWith('..')) return null;
  const path = relative(dirname(docs), target).split(sep).join('/');
  return path === '' || path.startsWith('..') ? null : path;
}

/** A page for each file and folder that the docs link to, so that the site needs no host of the repository. */
export function sourcePages(root: string): Page[] {
  const docs = join(root, 'docs');
  const paths = new Set(
    writtenPages(docs).flatMap((page) =>
      [...readFileSync(join(docs, page), 'utf8').matchAll(LINK)].flatMap(
        ([, link]) => linkedSource(docs, page, link!) ?? [],
      ),
    ),
  );
  return [...paths]
    .sort()
    .flatMap((path) => (existsSync(join(root, path)) ? [sourcePage(root, path.replace(/\/$/, ''))] : []));
}

/** The pages that people wrote, by their paths from `docs/`. */
export function writtenPages(docs: string): string[] {
  return readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.md') && !path.startsWith('reference/') && !path.startsWith('.vitepress/'))
    .sort();
}

function sourcePage(root: string, path: string): Page {
  const absolute = join(root, path);
  const content = statSync(absolute).isDirectory() ? listing(absolute) : fenced(path, readFileSync(absolute, 'utf8'));
  const front = ['---', 'search: false', 'outline: false', '---'].join('\n');
  return { path: sourcePagePath(path), text: blocks(front, `# ${code(path)}`, content) };
}

function listing(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true }).map(
    (entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`,
  );
  return entries
    .sort()
    .map((entry) => `- ${code(entry)}`)
    .join('\n');
}

function fenced(path: string, text: string): string {
  const extension = extname(path);
  const language = LANGUAGES[extension] ?? extension.slice(1);
  return `\`\`\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\`\``;
}
