import { createHash } from 'node:crypto';
import type { PlainNetwork } from './plain-network.js';

/**
 * SHA-256, in hexadecimal, over a network: values are numbered, the input first, then constants and outputs as nodes name them. One JSON
 * text of the shape of X and of every node's operation, attributes in alphabetical order and numbers; then the constants by number, their
 * shapes as JSON and their numbers as little-endian 32-bit floats. Names do not count.
 */
export function networkDigest({ inputs, outputs, nodes, constants, shapes }: PlainNetwork): string {
  const numbers = new Map(inputs.map((name, at) => [name, at]));
  const numberOf = (name: string) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  };
  const listed = nodes.map((node) => {
    const { name: _name, inputs: reads, output, ...operation } = node;
    const attributes = Object.entries(operation).sort(([a], [b]) => (a < b ? -1 : 1));
    return [attributes, reads.map(numberOf), numberOf(output)];
  });
  const hash = createHash('sha256');
  hash.update(JSON.stringify([inputs.map((name) => shapes.get(name)), listed, outputs.map(numberOf)]));
  const byNumber = [...constants].filter(([name]) => numbers.has(name));
  byNumber.sort(([a], [b]) => numbers.get(a)! - numbers.get(b)!);
  for (const [, { data, shape }] of byNumber) {
    hash.update(JSON.stringify(shape));
    const bytes = new DataView(new ArrayBuffer(4 * data.length));
    for (let at = 0; at < data.length; at++) bytes.setFloat32(4 * at, data[at], true);
    hash.update(new Uint8Array(bytes.buffer));
  }
  return hash.digest('hex');
}
