import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** The drawings of a diagram, below `docs/public`; named by its text, so that none can be out of date. */
export function drawingsOf(diagram: string): { light: string; dark: string } {
  const name = createHash('sha256').update(diagram.trim()).digest('hex').slice(0, 16);
  return { light: `diagrams/${name}.svg`, dark: `diagrams/${name}.dark.svg` };
}

/** The Mermaid blocks of a page. */
export function diagramsIn(page: string): string[] {
  return [...page.matchAll(/^```mermaid\n([^]*?)^```$/gm)].map(([, diagram]) => diagram!);
}

/** Shows a Mermaid block as its drawing, one for each appearance; as text while nobody has drawn it. */
export function diagrams(markdown: MarkdownRenderer, docs: string): void {
  const fence = markdown.renderer.rules.fence!;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index]!;
    const { light, dark } = drawingsOf(content);
    if (info.trim() !== 'mermaid' || !existsSync(join(docs, 'public', light))) return fence(tokens, index, ...rest);
    const image = (path: string, appearance: string): string =>
      `<img class="diagram ${appearance}" src="/${path}" alt="${markdown.utils.escapeHtml(content)}">`;
    return `<div class="diagrams">${image(light, 'light')}${image(dark, 'dark')}</div>`;
  };
}
