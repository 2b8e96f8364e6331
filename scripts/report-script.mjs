// dist/report/browse.js: the program of the page that `smug report` writes, in one piece. Part of `npm run build`.
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './native-deps.mjs';

await build({
  entryPoints: [join(root, 'web', 'report', 'browse.ts')],
  outfile: join(root, 'dist', 'report', 'browse.js'),
  bundle: true,
  format: 'iife',
  target: 'es2022',
  minify: true,
});
