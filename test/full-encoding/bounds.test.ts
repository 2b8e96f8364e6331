// Bounds against the largest value over all masks, by trying them.
import test from 'ava';
import { EncodedClass } from '../../dist/full-encoding/encoded-class.js';
import { exactlyHolds, toNumbers, type Rationals } from '../../dist/full-encoding/exact-logits.js';
import { layeredNetwork } from '../../dist/full-encoding/layered-network.js';
import { CellTrials } from '../../dist/full-encoding/cell-trials.js';
import { LinearBound } from '../../dist/full-encoding/linear-bound.js';
import { addCell } from '../../dist/full-encoding/masked-input.js';
import { Random } from '../support/random.js';
import { convolutionalNetwork, denseNetwork } from './networks.js';

/** The networks of the other test, with numbers of full length. */
function encodedCase(seed: number): { encoded: EncodedClass; random: Random } {
  const random = new Random(seed);
  const { graph, image } = (seed % 2 === 0 ? denseNetwork : convolutionalNetwork)(random, false);
  for (const { data } of graph.constants.values()) data.forEach((_, at) => (data[at] = random.normal()));
  image.x.forEach((_, at) => (image.x[at] = random.real(-0.2, 1)));
  return { encoded: new EncodedClass(layeredNetwork(graph), image, 0), random };
}

function* subsets(cells: readonly number[], count: number, from = 0): Generator<number[]> {
  if (count === 0) yield [];
  else
    for (let at = from; at + count <= cells.length; at++)
      for (const rest of subsets(cells, count - 1, at + 1)) yield [cells[at], ...rest];
}

test('no mask of a choice exceeds its bound, whatever was learnt on the way', (t) => {
  let choices = 0;
  let tight = 0;
  for (let seed = 0; seed < 400; seed++) {
    const { encoded, random } = encodedCase(seed);
    const { input, run, network } = encoded;
    const bound = new LinearBound(network.layers, input, run);
    const free = Uint8Array.from(input.cells, () => (random.chance(0.8) ? 1 : 0));
    const z = input.bias.slice();
    free.forEach((one, cell) => one === 0 && random.chance(0.5) && addCell(input, z, cell));
    const open = [...free.keys()].filter((cell) => free[cell]);
    const left = random.integer(1, 4);
    const factors = Float64Array.from(run.logits, () => random.normal());
    let largest = -Infinity;
    for (const cells of subsets(open, left)) {
      const sum = z.slice();
      for (const cell of cells) addCell(input, sum, cell);
      largest = Math.max(
        largest,
        run.run(sum).reduce((total, logit, at) => total + factors[at] * logit, 0),
      );
    }
    bound.prepare({ z, free, left }, seed % 3 > 0);
    for (let round = 0; round < 4; round++) {
      const most = bound.bound(factors, { z, free, left });
      if (largest === -Infinity) t.is(most, -Infinity);
      else {
        // The float64 sums here may exceed the real ones, which the bound covers, by a few units in the last place.
        t.true(most >= largest - 1e-12, `seed ${seed}, round ${round}: ${most} < ${largest}`);
        if (most < largest + 1e-9) tight++;
        choices++;
        bound.relaxedLogits({ z, free, left });
      }
    }
  }
  // Loose bounds would hold too: a good part is attained.
  t.true(choices > 1000);
  t.true(tight > choices / 4, `${tight} of ${choices} are attained`);
});

test('a cell is tried as a run of the whole network says', (t) => {
  for (let seed = 0; seed < 100; seed++) {
    const { encoded } = encodedCase(seed);
    const { input, run } = encoded;
    const trials = new CellTrials(encoded);
    trials.begin(input.bias);
    for (let cell = 0; cell < input.cells.length; cell++) {
      const tried = [...trials.logits(cell)];
      const z = input.bias.slice();
      addCell(input, z, cell);
      // Sums of some ten terms of size one.
      run.run(z).forEach((logit, at) => t.true(Math.abs(logit - tried[at]) < 1e-12));
      const exact = toNumbers(encoded.exactLogits([cell]));
      exact.forEach((logit, at) => t.true(Math.abs(logit - tried[at]) <= encoded.run.logitErrors[at]));
    }
  }
});

test('exact logits: thirds are thirds, and a tie goes to the first class only at delta 0', (t) => {
  const third: Rationals = { values: [2n, 1n, -4n], exponent: -1, divisor: 3n };
  t.deepEqual(toNumbers(third), [1 / 3, 1 / 6, -2 / 3]);
  // A lead of a sixth is more than the float64 below it, and not more than the one above it.
  t.true(exactlyHolds(third, 0, 0.16666666666666666));
  t.false(exactlyHolds(third, 0, 0.1666666666666667));
  const tie: Rationals = { values: [5n, 5n], exponent: 0, divisor: 1n };
  t.true(exactlyHolds(tie, 0, 0));
  t.false(exactlyHolds(tie, 1, 0));
  t.false(exactlyHolds(tie, 0, 2 ** -1074));
});
