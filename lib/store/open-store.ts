import { fileURLToPath } from 'node:url';
import type { Store } from '../batch/store.js';
import { badOption } from '../errors.js';
import { FolderStore } from './folder-store.js';

/**
 * Opens a store.
 * @param url a folder, `file://…`, or `s3://BUCKET/PREFIX`
 * @param option the option that named it, for messages
 * @throws RangeError that names the option; SmugError MISSING_PART where the package for S3 is not installed
 */
export async function openStore(url: string, option: string): Promise<Store> {
  if (url.startsWith('s3://')) {
    // Only whoever asks for it loads it.
    const { openS3Store } = await import('./s3-store.js');
    return openS3Store(url, {}, option);
  }
  if (url.startsWith('file://')) return new FolderStore(fileURLToPath(url));
  if (url === '' || /^[a-z][a-z0-9+.-]+:\/\//i.test(url))
    throw badOption(option, url, 'a folder or s3://BUCKET/PREFIX');
  return new FolderStore(url);
}

/** Stores that are in use, each opened once. */
export class OpenStores {
  readonly #stores = new Map<string, Promise<Store>>();

  /** @param option see `openStore` */
  open(url: string, option: string): Promise<Store> {
    const store = this.#stores.get(url) ?? openStore(url, option);
    this.#stores.set(url, store);
    return store;
  }

  close(): void {
    for (const store of this.#stores.values())
      void store.then(
        (opened) => opened.close(),
        () => {},
      );
    this.#stores.clear();
  }
}
