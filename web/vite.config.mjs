// The page, into dist/web: part of `npm run build`. `npx vite web` shows it while it is worked on, beside a service on 8080.
import { defineConfig } from 'vite';

const service = 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the service may stand behind a prefix.
  base: './',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsDir: 'page',
    modulePreload: false,
    license: { fileName: 'licences.md' },
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': service, '/docs': service } },
});
