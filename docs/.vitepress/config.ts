import { readFileSync } from 'node:fs';
import { toHeadingAnchor } from '../../scripts/site/links.ts';

/** The part of the Markdown parser markdown-it that this file uses. */
interface Markdown {
  readonly renderer: { readonly rules: { fence: Fence } };
}
type Fence = (
  tokens: readonly { readonly info: string; readonly content: string }[],
  index: number,
  ...rest: unknown[]
) => string;

const sidebar = JSON.parse(readFileSync(new URL('../dist/sidebar.json', import.meta.url), 'utf8'));

export default {
  title: 'Latchkey',
  description: 'Event-sourced accounts for teams that use TypeScript',
  base: process.env['DOCS_BASE'] ?? '/',
  srcDir: 'dist/pages',
  outDir: 'dist/site',
  cacheDir: 'node_modules/.cache/vitepress',
  cleanUrls: true,
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  markdown: {
    anchor: { slugify: toHeadingAnchor },
    config(markdown: Markdown) {
      const { fence } = markdown.renderer.rules;
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index] ?? { info: '', content: '' };
        if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
        return `<MermaidDiagram source="${encodeURIComponent(content)}" />`;
      };
    },
  },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Getting started', link: '/tutorials/getting-started' },
      { text: 'API', link: '/reference/api' },
      { text: 'Architecture', link: '/explanation/architecture' },
    ],
  },
  vite: { build: { chunkSizeWarningLimit: 3000 } },
};
