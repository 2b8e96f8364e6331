/**
 * A seed of its own for every image of an evaluation (FNV-1a over its name, begun with the option `seed`): the same wherever it is run
 * and after whichever others.
 */
export function imageSeed(seed: number, file: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of Buffer.from(file)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
