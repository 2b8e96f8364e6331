// cjs/: the library once more as CommonJS, for `require` on Node before 20.19 and 22.12, which cannot require ES modules.
// Part of `npm run build`. Worker threads and what is found relative to a file are those of dist/: every `import.meta.url`
// is that of the twin there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './native-deps.mjs';

const [dist, cjs] = ['dist', 'cjs'].map((name) => join(root, name));
// The command line and the threads' programs are ES modules for every Node; the pages are for browsers.
const names = readdirSync(dist, { recursive: true }).filter(
  (name) => !/^(cli|web|report)(\/|\\|\.)|\bworker\.(js|d\.ts)$/.test(name),
);
/** The last folder called cjs is ours: none inside has that name. */
const twin = "__filename.replace(/([\\\\/])cjs([\\\\/])(?!.*[\\\\/]cjs[\\\\/])/, '$1dist$2')";
rmSync(cjs, { recursive: true, force: true });
await build({
  entryPoints: names.filter((name) => name.endsWith('.js')).map((name) => join(dist, name)),
  outdir: cjs,
  outbase: dist,
  format: 'cjs',
  platform: 'node',
  target: 'node20.17',
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: `const __moduleUrl = require('node:url').pathToFileURL(${twin}).href;` },
  logLevel: 'warning',
});
for (const name of names.filter((name) => name.endsWith('.d.ts'))) {
  // TypeBox is an ES module only; types may be taken from it all the same, where that is said.
  const said = readFileSync(join(dist, name), 'utf8')
    .replaceAll(/from (['"])typebox\1/g, "from 'typebox' with { 'resolution-mode': 'import' }")
    .replaceAll(/import\((['"])typebox\1\)/g, "import('typebox', { with: { 'resolution-mode': 'import' } })")
    .replaceAll(/^import \{ type (?=.*typebox)/gm, 'import type { ')
    .replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
  mkdirSync(dirname(join(cjs, name)), { recursive: true });
  writeFileSync(join(cjs, name), said);
}
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
