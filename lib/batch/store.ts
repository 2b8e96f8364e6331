/** An object of a store, as a listing names it. */
export interface StoredObject {
  name: string;
  /** Bytes. */
  size: number;
  /** Changes with the contents, in a form of the store's own. */
  tag: string;
}

/**
 * A place for inputs and results that several machines share: a folder, or a bucket and prefix of S3. Names are paths with `/`, below
 * the store's root. An object is whole or not there.
 *
 * Every call fails with SmugError STORE_FAILED where the store does not answer, or not as it should, after the retries that it takes.
 */
export interface Store {
  /** As it was named, for messages and for another process to open it. */
  readonly url: string;
  /** The contents, undefined where there is no such object. */
  read(name: string): Promise<Buffer | undefined>;
  /**
   * Writes an object, in place of an older one.
   * @param ifAbsent leaves an object alone that is there already; false is returned then
   */
  write(name: string, contents: Uint8Array | string, options?: { ifAbsent?: boolean }): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Every object whose name begins so, page by page, in the order of names' code units. */
  list(prefix: string): AsyncIterable<StoredObject>;
  close(): void;
}
