import type { BatchLine, BatchSummary } from '../api/batch.js';
import { SmugError } from '../errors.js';
import { prepareFolder } from '../reports/write-file.js';
import type { BatchImage } from './batch-image.js';
import { StoredLines } from './stored-lines.js';
import type { Store } from './store.js';
import { writeIndex } from './write-index.js';

/** In a store: the images of a batch in their order, `PER_OBJECT` per object. */
const MANIFEST = 'manifest';
const PER_OBJECT = 10_000;
/** Lines that are read at once. */
const AT_ONCE = 16;

/** Writes down which images a batch has. What stands there already is that: the batch was claimed with the digest of the same list. */
export async function writeManifest(store: Store, images: readonly BatchImage[]): Promise<void> {
  for (let from = 0; from < images.length; from += PER_OBJECT) {
    const some = images.slice(from, from + PER_OBJECT);
    const lines = some.map(({ input, name }) => `${JSON.stringify({ input, name })}\n`);
    await store.write(objectName(from), lines.join(''), { ifAbsent: true });
  }
}

/** Whether a batch of a queue has its results here. */
export async function hasManifest(store: Store): Promise<boolean> {
  return (await store.read(objectName(0))) !== undefined;
}

/**
 * Writes index and summary of a batch that workers did: into a folder, and into the store where that is another place.
 * @throws SmugError BAD_INPUT where images have no result yet, FILE_UNWRITABLE, STORE_FAILED
 */
export async function indexManifest(store: Store, out: string): Promise<BatchSummary> {
  await prepareFolder(out);
  const lines = new StoredLines(store, '');
  const summary = await writeIndex(out, linesInOrder(store, lines));
  await lines.publish(out);
  return summary;
}

async function* linesInOrder(store: Store, lines: StoredLines): AsyncGenerator<BatchLine, void, void> {
  const missing: string[] = [];
  let without = 0;
  for (let from = 0; ; from += PER_OBJECT) {
    const object = await store.read(objectName(from));
    if (object === undefined) break;
    const images = object.toString('utf8').split('\n').slice(0, -1);
    for (let at = 0; at < images.length; at += AT_ONCE) {
      const names = images.slice(at, at + AT_ONCE).map((line) => (JSON.parse(line) as BatchImage).name);
      const found = await Promise.all(names.map((name) => lines.read(name)));
      for (const [place, line] of found.entries()) {
        if (line !== undefined && without === 0) yield line;
        if (line === undefined && without++ < 5) missing.push(names[place]);
      }
    }
    if (images.length < PER_OBJECT) break;
  }
  if (without > 0)
    throw new SmugError(
      'BAD_INPUT',
      `${store.url}: ${without} images have no result yet (${missing.join(', ')}${without > missing.length ? ', …' : ''}).`,
    );
}

function objectName(from: number): string {
  return `${MANIFEST}/${String(from).padStart(10, '0')}.jsonl`;
}
