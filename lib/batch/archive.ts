/** A member of an archive that is an image. */
export interface MemberImage {
  /** Its name in the archive. */
  member: string;
  read: () => Promise<Uint8Array>;
}

/** Images of an archive, and what keeps it open. */
export interface Archive {
  images: MemberImage[];
  close(): void;
}
