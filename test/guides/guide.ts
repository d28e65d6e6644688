import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(__dirname, '..', '..', 'docs');

/** A block of code on a page. */
export interface Block {
  language: string;
  text: string;
}

/** A page of the docs with its blocks of code. A test that names a page here answers for the page's commands. */
export function guide(page: string): { text: string; blocks(language: string): string[] } {
  const text = readFileSync(join(DOCS, page), 'utf8');
  const ofLanguage = (language: string): string[] =>
    blocksOf(text).flatMap((block) => (block.language === language ? [block.text] : []));
  return { text, blocks: ofLanguage };
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^ *```(\w*)[^\n]*\n([^]*?)^ *```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

/** Code as it stands on a page may be indented otherwise than in its file. */
export function unindented(code: string): string {
  return code.replace(/^\s+/gm, '').trim();
}
