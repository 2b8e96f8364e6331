import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { satisfiesIntegerRows, type IntegerProblem } from '../../dist/masks/integer-rows.js';
import { BlockBound } from '../../dist/solvers/bounds/block-bound.js';
import { partitionRows } from '../../dist/solvers/bounds/block-partition.js';
import { BlockProof } from '../../dist/solvers/bounds/block-proof.js';
import { nativeBlockSearch } from '../../dist/solvers/bounds/block-search.js';
import { ComponentBound } from '../../dist/solvers/bounds/component-bound.js';
import { DualBound } from '../../dist/solvers/bounds/dual-bound.js';
import { masks, randomIntegerProblem } from '../support/integer-problems.js';
import { randomNumbers } from '../support/random-numbers.js';
import { solverAddon, testWith } from '../support/needs.js';
import { misfitOfBound } from '../support/verified-bound.js';

const withSolver = testWith(solverAddon);

function optimumOf(problem: IntegerProblem, costs?: Float64Array): number {
  let optimum = Infinity;
  for (const mask of masks(problem.variables)) {
    if (!satisfiesIntegerRows(problem, mask)) continue;
    optimum = Math.min(
      optimum,
      mask.reduce((sum, one, j) => sum + one * (costs ? costs[j] : 1), 0),
    );
  }
  return optimum;
}

test('a block search proves exactly the targets that brute force allows', (t) => {
  const random = randomNumbers(11);
  for (let round = 0; round < 300; round++) {
    const problem = randomIntegerProblem(random, 9, 4);
    const rows = {
      ...problem,
      entries: problem.columns,
      coefficients: Float64Array.from(problem.coefficients),
    };
    const costs = Float64Array.from({ length: 9 }, () => Math.floor((random() - 0.3) * 2 ** 38));
    const start = Float64Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 30));
    const optimum = optimumOf(problem, costs);
    const proof = new BlockProof({ ...rows, columns: 9 }, costs, start);
    const cell = 2 ** 40;
    if (optimum === Infinity) {
      t.true(proof.proves(2 ** 50, 10_000), `round ${round}: infeasible`);
      continue;
    }
    t.true(proof.proves(optimum, 10_000), `round ${round}: the optimum itself`);
    t.true(proof.proves(optimum - cell, 10_000), `round ${round}: less than that`);
    t.false(proof.proves(optimum + 1, 10_000), `round ${round}: one unit more is refuted by a point`);
  }
});

withSolver('the native block search visits the same nodes and finds the same', (t) => {
  const native = nativeBlockSearch(loadAddon()!)!;
  const random = randomNumbers(12);
  let nodes = 0;
  for (let round = 0; round < 400; round++) {
    const columns = 4 + Math.floor(random() * 70);
    const rows = 1 + Math.floor(random() * 12);
    const { offsets, columns: entries, coefficients, bounds } = randomIntegerProblem(random, columns, rows);
    const block = { columns, offsets, entries, coefficients: Float64Array.from(coefficients), bounds };
    const costs = Float64Array.from({ length: columns }, () => Math.floor((random() - 0.2) * 2 ** 38));
    const start = Float64Array.from({ length: rows }, () => Math.floor(random() * 2 ** 30));
    const ours = new BlockProof(block, costs, start);
    const theirs = native(block, costs, start);
    t.is(theirs.rootBound(), ours.rootBound(), `round ${round}`);
    t.is(theirs.entriesPerNode, ours.entriesPerNode);
    let target = ours.rootBound();
    for (let step = 2 ** 36; step < 2 ** 43; step *= 4) {
      target += step;
      t.is(theirs.proves(target, 500), ours.proves(target, 500), `round ${round}`);
      t.is(theirs.nodes, ours.nodes, `round ${round}`);
      t.deepEqual(theirs.multipliers, ours.multipliers);
      t.deepEqual(theirs.counterexample, ours.counterexample);
      nodes += ours.nodes;
    }
  }
  t.true(nodes > 10_000, String(nodes));
});

withSolver('wrong arguments of the native block search are errors that name them', (t) => {
  const native = nativeBlockSearch(loadAddon()!)!;
  const rows = {
    columns: 2,
    offsets: Uint32Array.of(0, 2),
    entries: Uint32Array.of(0, 1),
    coefficients: Float64Array.of(1, 1),
    bounds: Float64Array.of(1),
  };
  const costs = Float64Array.of(1, 1);
  const one = Float64Array.of(0);
  t.throws(() => native({ ...rows, entries: Uint32Array.of(0, 7) }, costs, one), { message: /out of range/ });
  t.throws(() => native({ ...rows, offsets: Uint32Array.of(0, 9) }, costs, one), { message: /offsets/ });
  t.throws(() => native(rows, Float64Array.of(1), one), { message: /one cost per column/ });
  t.throws(() => native(rows, [1, 1] as unknown as Float64Array, one), { message: /costs/ });
});

test('blocks never pass the optimum, never fall below the dual vector, and prove what they claim', async (t) => {
  const random = randomNumbers(5);
  let gained = 0;
  for (let round = 0; round < 120; round++) {
    const problem = randomIntegerProblem(random, 10, 7);
    const optimum = optimumOf(problem);
    const dual = new DualBound(problem);
    dual.run(60);
    const blocks = new BlockBound(problem, dual.evidence(), 3);
    t.true(blocks.bound >= dual.bound - 1, `round ${round}: ${blocks.bound} from ${dual.bound}`);
    // An infeasible block lifts its bound for ever: the optimum is Infinity then.
    for (let turn = 0; turn < 40 && blocks.run(200); turn++);
    t.true(blocks.bound <= optimum, `round ${round}: ${blocks.bound} > ${optimum}`);
    const { bound } = blocks;
    t.is(await misfitOfBound(problem, blocks.evidence(), bound), null, `round ${round}`);
    if (blocks.bound > dual.bound) gained++;
  }
  t.true(gained > 20, `blocks gained on ${gained} of 120`);
});

test('blocks altered are refused, or prove no more than they should', async (t) => {
  const random = randomNumbers(21);
  let problem = randomIntegerProblem(random, 10, 7);
  while (optimumOf(problem) === Infinity) problem = randomIntegerProblem(random, 10, 7);
  const optimum = optimumOf(problem);
  const dual = new DualBound(problem);
  dual.run(60);
  const blocks = new BlockBound(problem, dual.evidence(), 3);
  for (let turn = 0; turn < 40 && blocks.run(200); turn++);
  const evidence = blocks.evidence();
  // Whatever is changed: what is shown never passes the optimum.
  const refused = async (change: (copy: typeof evidence) => void) => {
    const copy = structuredClone(evidence);
    change(copy);
    t.not(await misfitOfBound(problem, copy, optimum + 1), null);
  };
  const raise = ({ blocks: all }: typeof evidence) => all.forEach((block) => (block.bound += 2 ** 42));
  await refused(raise);
  await refused((copy) => {
    raise(copy);
    copy.blocks[0].costs = copy.blocks[0].costs.map(() => 0);
  });
  await refused((copy) => {
    raise(copy);
    copy.blocks[0].columns.pop();
    copy.blocks[0].costs.pop();
  });
  // Costs given twice are taken off again: no gain.
  await refused((copy) => copy.blocks.push(...structuredClone(copy.blocks), ...structuredClone(copy.blocks)));
});

test('every row is in one block', (t) => {
  const random = randomNumbers(2);
  for (const size of [1, 3, 50]) {
    const problem = randomIntegerProblem(random, 12, 17);
    const groups = partitionRows(problem, size);
    t.deepEqual(
      groups.flat().sort((a, b) => a - b),
      Array.from({ length: 17 }, (_, row) => row),
    );
    t.true(groups.every((group) => group.length <= size));
  }
});

test('the bound of a component depends on the steps taken alone, and holds', (t) => {
  const problem = randomIntegerProblem(randomNumbers(9), 12, 8);
  const [first, second] = [new ComponentBound(problem), new ComponentBound(problem)];
  for (let step = 0; step < 300; step++) {
    first.step();
    second.step();
  }
  t.is(first.bound, second.bound);
  t.deepEqual(first.evidence(), second.evidence());
  t.true(first.bound <= optimumOf(problem));
});
