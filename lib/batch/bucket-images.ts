import { dirname, join, sep } from 'node:path';
import { SmugError } from '../errors.js';
import { imageEnding } from './image-ending.js';
import { safeName } from './safe-name.js';
import type { Store } from './store.js';

export function isBucketUrl(input: string): boolean {
  return input.startsWith('s3://');
}

interface BucketImage {
  /** As if buckets were folders of this machine: what names are made of. */
  path: string;
  input: string;
  read: () => Promise<Uint8Array>;
}

/**
 * The images of an input in a bucket: all below a prefix that ends in `/` (or in nothing that an image's name ends in), or the one that it names.
 * @throws SmugError BAD_INPUT, STORE_FAILED
 */
export async function bucketImages(
  input: string,
  open: (bucket: string) => Promise<Store>,
): Promise<{ root: string; images: AsyncIterable<BucketImage> }> {
  const [, bucket, key] = /^(s3:\/\/[^/]+)\/?(.*)$/s.exec(input)!;
  const store = await open(bucket);
  const image = (name: string): BucketImage => ({
    path: pathOf(bucket, safeName(name, input)),
    input: `${bucket}/${name}`,
    read: async () => {
      const contents = await store.read(name);
      if (contents === undefined)
        throw new SmugError('FILE_NOT_FOUND', `${bucket}/${name}: there is no such image.`);
      return contents;
    },
  });
  if (imageEnding.test(key)) {
    const only = image(key);
    return { root: dirname(only.path), images: iterable([only]) };
  }
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  return { root: pathOf(bucket, prefix), images: below(store, prefix, image) };
}

async function* below(
  store: Store,
  prefix: string,
  image: (name: string) => BucketImage,
): AsyncGenerator<BucketImage, void, void> {
  for await (const { name } of store.list(prefix)) {
    const hidden = name
      .slice(prefix.length)
      .split('/')
      .some((part) => part.startsWith('.'));
    if (imageEnding.test(name) && !hidden) yield image(name);
  }
}

async function* iterable<Item>(items: readonly Item[]): AsyncGenerator<Item, void, void> {
  yield* items;
}

function pathOf(bucket: string, name: string): string {
  return join(sep, 's3:', bucket.slice('s3://'.length), name, '.');
}
