import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Item {
  text: string;
  link?: string;
  collapsed?: boolean;
  items?: Item[];
}

/** The pages directly in `docs/`, in the order in which one reads them. One that is not named here comes last. */
const GROUPS: Record<string, string[]> = {
  Begin: ['getting-started', 'architecture', 'extending', 'development'],
  'Run it': ['configuration', 'scaling', 'performance', 'operations', 'reliability'],
};

/** The site's sidebar: what is in the folders, each page under its heading. */
export function sidebar(docs: string): Item[] {
  const named = Object.values(GROUPS).flat();
  const others = pagesIn(docs, '').filter((page) => !named.includes(page) && page !== 'index');
  const groups = Object.entries(GROUPS).map(([text, pages], index) => ({
    text,
    items: [...pages, ...(index === 0 ? others : [])]
      .filter((page) => exists(docs, page))
      .map((page) => item(docs, page)),
  }));
  return [
    ...groups,
    { text: 'Guides', items: folder(docs, 'guides') },
    { text: 'Reference', link: '/reference/', items: reference(docs) },
    { text: 'Decisions', collapsed: true, items: folder(docs, 'decisions') },
  ];
}

function reference(docs: string): Item[] {
  const libs = { text: 'Code', collapsed: true, items: folder(docs, 'reference/libs') };
  const pages = folder(docs, 'reference').filter(({ link }) => link !== '/reference/index');
  return [...pages, libs];
}

function folder(docs: string, path: string): Item[] {
  return pagesIn(docs, path).map((page) => item(docs, `${path}/${page}`));
}

function pagesIn(docs: string, path: string): string[] {
  const folder = join(docs, path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort();
}

function exists(docs: string, page: string): boolean {
  return existsSync(join(docs, `${page}.md`));
}

/** A heading such as "Operations: what can strain …" is longer than a sidebar is wide. */
function item(docs: string, page: string): Item {
  const [, heading = page] = /^# (.*)$/m.exec(readFileSync(join(docs, `${page}.md`), 'utf8')) ?? [];
  return { text: heading.replaceAll('`', '').split(':', 1)[0]!, link: `/${page}` };
}
