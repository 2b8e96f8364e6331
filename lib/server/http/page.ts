import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
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

/**
 * The page at `/`, from memory; where it was not built, `/` leads to the documents. Who does not ask for a page is told that the service
 * is alive: KServe's clients look there.
 */
export async function addPage(
  app: FastifyInstance,
  folder = join(packageRoot, 'dist', 'web'),
): Promise<void> {
  const names = await readdir(join(folder, FOLDER)).catch(() => []);
  const index = names.length > 0 ? await readFile(join(folder, 'index.html')) : null;
  const hidden = { schema: { hide: true } };
  app.get('/', hidden, (request, reply) => {
    reply.header('vary', 'accept');
    if (!request.headers.accept?.includes('text/html')) return { status: 'alive' };
    return index === null ? reply.redirect('/docs') : sendFile(reply, '.html', index, 'no-cache');
  });
  for (const name of names) {
    const body = await readFile(join(folder, FOLDER, name));
    app.get(FOLDER + name, hidden, (_, reply) =>
      sendFile(reply, extname(name), body, 'public, max-age=31536000, immutable'),
    );
  }
}

function sendFile(reply: FastifyReply, ending: string, body: Buffer, cacheControl: string): FastifyReply {
  return reply
    .headers({
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': cacheControl,
    })
    .type(TYPES[ending] ?? 'application/octet-stream')
    .send(body);
}
