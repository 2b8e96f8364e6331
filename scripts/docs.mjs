// `npm run docs`: the documentation as a site in docs/.vitepress/dist, by VitePress; the pages of its reference are made first
// (docs/reference.mjs). Fails where a link leads nowhere, a page stands in no sidebar, VitePress warns, or a page of the site
// would ask for something from elsewhere.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sections } from '../docs/.vitepress/sections.mjs';
import { root } from './native-deps.mjs';
import { referencePages } from './docs/reference.mjs';

const docs = join(root, 'docs');
const site = join(docs, '.vitepress', 'dist');

function fail(lines) {
  console.error(lines.join('\n'));
  process.exit(1);
}

mkdirSync(join(docs, 'reference'), { recursive: true });
for (const [name, text] of Object.entries(await referencePages()))
  writeFileSync(join(docs, 'reference', name), text);

const listed = new Set(['index', ...sections.flatMap(({ pages }) => pages.map(([link]) => link))]);
const pages = readdirSync(docs, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.md') && !name.startsWith('.'))
  .map((name) => name.slice(0, -3));
const unlisted = pages.filter((name) => !listed.has(name));
if (unlisted.length)
  fail(unlisted.map((name) => `docs/${name}.md stands in no sidebar (docs/.vitepress/sections.mjs)`));

rmSync(site, { recursive: true, force: true });
const vitepress = join(root, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
const { status, stdout, stderr } = spawnSync(process.execPath, [vitepress, 'build', docs], {
  cwd: root,
  encoding: 'utf8',
  // A pipe has no columns to draw a progress bar in.
  env: { ...process.env, CI: 'true', NO_COLOR: '1' },
});
const told = `${stdout}${stderr}`;
if (status !== 0) fail([told]);
const warnings = told.split('\n').filter((line) => /warn|dead link|not found|deprecat/i.test(line));
if (warnings.length) fail(['VitePress warns:', ...warnings]);

const html = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'));
const pictures = html.flatMap((name) =>
  [...readFileSync(join(site, name), 'utf8').matchAll(/<img[^>]+src="(\/[^"]+|[^"/:]+)"/g)]
    .filter(([, source]) => !existsSync(join(site, source)))
    .map(([, source]) => `${name}: no picture ${source}`),
);
if (pictures.length) fail(pictures);

// Addresses that a browser would load by itself; links that a reader follows are none.
const asked = /(?:\bsrc|<link[^>]+href|@import|url)\s*[=(]\s*["']?(?:https?:)?\/\/[^"')\s>]+/g;
const outside = readdirSync(site, { recursive: true })
  .filter((name) => /\.(html|css)$/.test(name))
  .flatMap((name) =>
    [...readFileSync(join(site, name), 'utf8').matchAll(asked)].map(([what]) => `${name}: ${what}`),
  );
if (outside.length) fail(['the site asks for something from elsewhere:', ...outside]);
console.log(`${pages.length} pages in ${site}`);
