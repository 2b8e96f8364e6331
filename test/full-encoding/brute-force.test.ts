// Every mask of small networks, run by the reference engine on numbers that float32 holds without error.
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { layeredNetwork } from '../../dist/full-encoding/layered-network.js';
import { solveEncoding } from '../../dist/full-encoding/solve-encoding.js';
import { Random } from '../support/random.js';
import { convolutionalNetwork, denseNetwork, type ShortNetwork } from './networks.js';

/** Logits of the image with every mask of its pixels. */
async function everyMask({ graph, shape, image }: ShortNetwork): Promise<Float32Array[]> {
  const network = await referenceEngine.compile(graph);
  const masks = 2 ** image.pixels;
  const data = new Float32Array(masks * image.x.length);
  for (let mask = 0; mask < masks; mask++)
    for (let at = 0; at < image.x.length; at++)
      data[mask * image.x.length + at] = (mask >> image.pixelOf[at]) & 1 ? image.x[at] : 0;
  const [{ data: logits }] = await network.forward([{ data, shape: [masks, ...shape.slice(1)] }]);
  network.dispose();
  const classes = logits.length / masks;
  return Array.from({ length: masks }, (_, mask) => logits.slice(mask * classes, (mask + 1) * classes));
}

function keeps(logits: Float32Array, target: number, delta: number): boolean {
  return logits.every(
    (other, at) =>
      at === target ||
      logits[target] - other > delta ||
      (delta === 0 && other === logits[target] && target < at),
  );
}

const ones = (mask: number) => mask.toString(2).replaceAll('0', '').length;

for (const [kind, build, cases] of [
  ['dense', denseNetwork, 300],
  ['convolutional', convolutionalNetwork, 300],
] as const) {
  test(`${kind} networks: the smallest of all masks, or none, as trying every one says`, async (t) => {
    const statuses = new Set<string>();
    let ties = 0;
    const sizes = new Set<number>();
    for (let seed = 0; seed < cases; seed++) {
      const random = new Random(seed);
      const short = build(random, seed % 2 === 0);
      const delta = seed % 3 === 0 ? 0 : random.integer(0, 24) / 8;
      const logits = await everyMask(short);
      const whole = logits.at(-1)!;
      const target = whole.indexOf(Math.max(...whole));
      if (logits.some((row) => row.filter((one) => one === row[target]).length > 1)) ties++;
      const holding = logits.flatMap((row, mask) => (keeps(row, target, delta) ? [ones(mask)] : []));
      const smallest = Math.min(...holding);
      const { graph, image } = short;
      const network = layeredNetwork(graph);
      const solution = await solveEncoding({ network, image, delta, timeLimit: 0, threads: 1 + (seed % 2) });
      const { status, mask, cells, lowerBound } = solution;
      statuses.add(status);
      const where = `seed ${seed}, delta ${delta}`;
      t.is(solution.target, target, where);
      // Exact, and these numbers are exact in float32 too, averages over three aside: there are none.
      t.deepEqual(solution.logits, [...whole], where);
      if (smallest === Infinity) {
        t.is(status, 'infeasible', where);
        t.is(mask, null, where);
      } else {
        t.is(status, 'optimal', where);
        t.is(mask!.length, smallest, where);
        t.is(lowerBound, smallest, where);
        const kept = mask!.reduce((bits, cell) => bits | (1 << cells[cell]), 0);
        t.true(keeps(logits[kept], target, delta), where);
        t.deepEqual(solution.maskedLogits, [...logits[kept]], where);
        sizes.add(smallest);
      }
    }
    // The cases are of every kind.
    t.deepEqual(statuses, new Set(['optimal', 'infeasible']));
    t.true(ties > 20, `${ties} with ties`);
    t.true(sizes.size >= 4, `sizes ${[...sizes].join(', ')}`);
  });
}
