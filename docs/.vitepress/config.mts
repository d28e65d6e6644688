import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { diagrams } from '../site/diagrams';
import { sidebar } from '../site/sidebar';
import { sourceLinks } from '../site/source-links';

const DOCS = join(import.meta.dirname, '..');

export default defineConfig({
  title: 'Reflex',
  description:
    'Events in, decisions out: a NestJS template for services in which events start code, and the code is often an AI agent.',
  cleanUrls: false,
  lastUpdated: false,
  markdown: {
    config: (markdown) => {
      sourceLinks(markdown, DOCS);
      diagrams(markdown, DOCS);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Guides', link: '/guides/sources', activeMatch: '/guides/' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
    ],
    sidebar: sidebar(DOCS),
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        _render: (source, env, markdown) => {
          const html = markdown.render(source, env);
          return env.frontmatter?.search === false ? '' : html;
        },
      },
    },
  },
});
