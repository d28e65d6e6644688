import type { MarkdownRenderer } from 'vitepress';
import { linkedSource, sourcePagePath } from './reference/source-pages';

/** Links to files outside of `docs/`, which work in an editor, lead to the page of the site that shows the file. */
export function sourceLinks(markdown: MarkdownRenderer, docs: string): void {
  markdown.core.ruler.push('source-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (!href?.startsWith('.')) continue;
      const [path = ''] = href.split('#', 1);
      const source = linkedSource(docs, (env as { relativePath: string }).relativePath, path);
      if (source !== null) token.attrSet('href', `/${sourcePagePath(source.replace(/\/$/, ''))}`);
    }
  });
}
