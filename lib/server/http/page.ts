import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { packageRoot } from '../../addon/places.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline, nobody's frame. `blob:` and `data:` are the visitor's own pictures. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Its files have names that change with their content. */
const FOLDER = '/page/';

/** Whether a route is one of the page's, which holds nothing that needs a token: what it asks for does. */
export function isOfPage(route: string): boolean {
  return route === '/' || route.startsWith(FOLDER);
}

/** The page at `/`, from memory; where it was not built, `/` leads to the documents. */
export async function addPage(
  app: FastifyInstance,
  folder = join(packageRoot, 'dist', 'web'),
): Promise<void> {
  const names = await readdir(join(folder, FOLDER)).catch(() => []);
  const files = [['/', 'index.html'], ...names.map((name) => [FOLDER + name, join(FOLDER, name)])];
  const hidden = { schema: { hide: true } };
  if (names.length === 0) {
    app.get('/', hidden, (_, reply) => reply.redirect('/docs'));
    return;
  }
  for (const [route, name] of files) {
    const body = await readFile(join(folder, name));
    app.get(route, hidden, (_, reply) =>
      reply
        .headers({
          'content-security-policy': POLICY,
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'cache-control': route === '/' ? 'no-cache' : 'public, max-age=31536000, immutable',
        })
        .type(TYPES[extname(name)] ?? 'application/octet-stream')
        .send(body),
    );
  }
}
