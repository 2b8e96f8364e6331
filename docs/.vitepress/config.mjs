import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { sections } from './sections.mjs';

const docs = dirname(dirname(fileURLToPath(import.meta.url)));

/** A link to a file of the sources: the site does not have it, so its path is told; it must exist. */
function sourceLinks(markdown) {
  const render = (tokens, at, options, environment, self) => self.renderToken(tokens, at, options);
  const before = markdown.renderer.rules.link_open ?? render;
  markdown.core.ruler.push('source_links', (state) => {
    for (const { children } of state.tokens)
      for (const token of children ?? []) {
        if (token.type !== 'link_open') continue;
        const href = token.attrGet('href');
        if (/^[a-z]+:|^#/.test(href)) continue;
        const path = join(dirname(join(docs, state.env.relativePath)), href.replace(/#.*/, ''));
        if (!relative(docs, path).startsWith('..')) continue;
        if (!existsSync(path)) throw new Error(`${state.env.relativePath}: there is no ${path}`);
        token.tag = 'span';
        token.attrs = [['title', relative(join(docs, '..'), path)]];
        children[children.indexOf(token) + 2].tag = 'span';
      }
  });
  markdown.renderer.rules.link_open = before;
}

export default defineConfig({
  title: 'smug-explain',
  description: 'The smallest part of an input that keeps what a network’s first layer says about it, with a proof',
  lang: 'en',
  // Everything that the site needs comes with it: no fonts, pictures or scripts from elsewhere.
  cleanUrls: false,
  lastUpdated: false,
  markdown: { config: sourceLinks },
  themeConfig: {
    sidebar: sections.map(({ text, pages }) => ({
      text,
      items: pages.map(([link, title]) => ({ text: title, link: `/${link}` })),
    })),
    search: { provider: 'local' },
    outline: [2, 3],
  },
});
