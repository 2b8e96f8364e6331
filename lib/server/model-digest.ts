import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Weights and declarations that stand beside a model file. */
const BESIDE = /(\.json|\.bin|\.data|_data)$/i;

/**
 * SHA-256 of what a model answers from: its file, weights and declarations beside it, declarations in the folder above. Answers that
 * outlive the process are kept under it, not under a path where tomorrow another model may lie.
 */
export async function modelDigest(path: string): Promise<string> {
  const folder = dirname(path);
  const stem = parse(path).name;
  const beside = await names(folder, (name) => BESIDE.test(name) || parse(name).name === stem);
  const above = await names(dirname(folder), (name) => name.endsWith('.json'));
  const hash = createHash('sha256');
  await add(hash, path);
  for (const name of beside) if (name !== basename(path)) await add(hash, join(folder, name));
  for (const name of above) await add(hash, join(dirname(folder), name));
  return hash.digest('hex');
}

async function names(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && wanted(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function add(hash: Hash, path: string): Promise<void> {
  hash.update(`\0${basename(path)}\0`);
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
}
