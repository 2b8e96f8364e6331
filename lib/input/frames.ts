const PNG = '\x89PNG\r\n\x1a\n';

/**
 * How many frames an animated PNG says that it has; 1 for any other file. The chunk that says it stands before the first pixels (PNG,
 * third edition, `acTL`); no decoder at hand reads it.
 */
export function framesOfPng(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!view.toString('latin1', 0, PNG.length).startsWith(PNG)) return 1;
  // Each chunk: its length, four letters, content, a checksum.
  for (let at = PNG.length; at + 12 <= view.length; at += 12 + view.readUInt32BE(at)) {
    const type = view.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') return 1;
    if (type === 'acTL') return Math.max(1, view.readUInt32BE(at + 8));
  }
  return 1;
}
