import { codePages } from './code-pages';
import { commandPages, commandsOf } from './command-pages';
import { eventPages, triggerTable, type AsyncApi } from './event-pages';
import { exportedNames } from './exported-names';
import { blocks, type Page } from './markdown';
import { restPages, type OpenApi } from './rest-pages';
import { sourcePages } from './source-pages';

/** All pages of the reference; the same code gives the same pages. */
export async function referencePages(
  root: string,
  documents: { openApi: object; asyncApi: object },
  cliModule: object,
): Promise<Page[]> {
  const asyncApi = documents.asyncApi as AsyncApi;
  const parts = [
    ...restPages(documents.openApi as OpenApi),
    ...eventPages(asyncApi),
    ...commandPages(commandsOf(cliModule)),
    ...(await codePages(exportedNames(root))),
  ];
  return [indexPage(parts, asyncApi), ...parts, ...sourcePages(root)];
}

function indexPage(pages: readonly Page[], asyncApi: AsyncApi): Page {
  const links = pages.map(({ path, text }) => `- [${/^# (.*)$/m.exec(text)![1]}](../${path}.md)`);
  const text = blocks(
    '# Reference',
    'Made from the code by `npm run docs:reference`, so that it says what holds. Settings stand in [Configuration](../configuration.md).',
    links.join('\n'),
    '## Triggers of this service',
    triggerTable(asyncApi),
  );
  return { path: 'reference/index', text };
}
