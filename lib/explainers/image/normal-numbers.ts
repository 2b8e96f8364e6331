import { Random } from '../../random.js';

/** Standard normal numbers from a seed (Box and Muller 1958). */
export function normalSource(seed: number): () => number {
  const random = new Random(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
    const angle = 2 * Math.PI * random.unit();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
