/** One image of a batch. */
export interface BatchImage {
  /** Its path, as the inputs give it. */
  input: string;
  /** Its path below the folder that all images share, with `/`: distinct, and what its files are called by. */
  name: string;
  /** Gives its bytes where the input is no path of a file. */
  read?: () => Promise<Uint8Array>;
  /** Path of the archive that it stands in. */
  archive?: string;
  /** Changes with its contents, where a store says so. */
  tag?: string;
}
