import { dirname, join, sep } from 'node:path';
import { SmugError } from '../errors.js';
import { imageEnding } from '../input/image-ending.js';
import type { BatchImage } from './batch-image.js';
import { safeName } from './safe-name.js';
import type { Store } from './store.js';

export function isBucketUrl(input: string): boolean {
  return input.startsWith('s3://');
}

interface BucketImage extends Omit<BatchImage, 'name'> {
  /** As if buckets were folders of this machine: what names are made of. */
  path: string;
}

/** The image at a path, or at an `s3://` name that a list gave. */
export function imageAt(
  { input, name }: { input: string; name: string },
  open: (bucket: string) => Promise<Store>,
): BatchImage {
  if (!isBucketUrl(input)) return { input, name };
  const { bucket, key } = partsOf(input);
  return { input, name, read: async () => contentsOf(await open(bucket), input, key) };
}

function partsOf(url: string): { bucket: string; key: string } {
  const [, bucket, key] = /^(s3:\/\/[^/]+)\/?(.*)$/s.exec(url)!;
  return { bucket, key };
}

async function contentsOf(store: Store, input: string, key: string): Promise<Uint8Array> {
  const contents = await store.read(key);
  if (contents === undefined) throw new SmugError('FILE_NOT_FOUND', `${input}: there is no such image.`);
  return contents;
}

/**
 * The images of an input in a bucket: all below a prefix that ends in `/` (or in nothing that an image's name ends in), or the one that it names.
 * @throws SmugError BAD_INPUT, STORE_FAILED
 */
export async function bucketImages(
  input: string,
  open: (bucket: string) => Promise<Store>,
): Promise<{ root: string; images: AsyncIterable<BucketImage> }> {
  const { bucket, key } = partsOf(input);
  const store = await open(bucket);
  const image = (name: string, tag?: string): BucketImage => {
    const url = `${bucket}/${name}`;
    return {
      path: pathOf(bucket, safeName(name, input)),
      input: url,
      tag,
      read: () => contentsOf(store, url, name),
    };
  };
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
  image: (name: string, tag: string) => BucketImage,
): AsyncGenerator<BucketImage, void, void> {
  for await (const { name, tag } of store.list(prefix)) {
    const hidden = name
      .slice(prefix.length)
      .split('/')
      .some((part) => part.startsWith('.'));
    if (imageEnding.test(name) && !hidden) yield image(name, tag);
  }
}

async function* iterable<Item>(items: readonly Item[]): AsyncGenerator<Item, void, void> {
  yield* items;
}

function pathOf(bucket: string, name: string): string {
  return join(sep, 's3:', bucket.slice('s3://'.length), name, '.');
}
