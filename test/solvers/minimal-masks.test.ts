import test from 'ava';
import { randomNumbers } from '../support/random-numbers.js';
import { componentCore, CellRole } from '../../dist/solvers/choice/core.js';
import { forEachPairSwap } from '../../dist/solvers/choice/pair-swaps.js';
import { forEachSwap } from '../../dist/solvers/choice/swaps.js';
import { heaviestMinimalMask, weightCosts } from '../../dist/solvers/choice/tie-break.js';
import { sizeOfMask } from '../../dist/masks/mask-cost.js';
import type { ExactAnswer } from '../../dist/solvers/choice/minimal-masks.js';
import { satisfiesIntegerRows, type IntegerProblem } from '../../dist/masks/integer-rows.js';

function randomProblem(next: () => number): IntegerProblem {
  const variables = 2 + Math.floor(next() * 9);
  const rows = 1 + Math.floor(next() * 6);
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < variables; column++) {
      if (next() < 0.5) continue;
      columns.push(column);
      coefficients.push(Math.floor(next() * 14) - 4);
    }
    offsets.push(columns.length);
    bounds.push(Math.floor(next() * 12) - 1);
  }
  return {
    variables,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    coefficients: Int32Array.from(coefficients),
    bounds: Float64Array.from(bounds),
  };
}

function* masksOf(variables: number): Generator<Uint8Array> {
  for (let bits = 0; bits < 2 ** variables; bits++) {
    yield Uint8Array.from({ length: variables }, (_, column) => (bits >> column) & 1);
  }
}

function costOf(mask: Uint8Array, costs?: Int32Array): number {
  return mask.reduce((sum, one, column) => sum + one * (costs?.[column] ?? 1), 0);
}

/** The oracle that stands in for a back end: tries every mask. */
async function enumerate(problem: IntegerProblem, size: number, costs?: Int32Array): Promise<ExactAnswer> {
  let best: Uint8Array | null = null;
  for (const mask of masksOf(problem.variables)) {
    if (sizeOfMask(mask) > size || !satisfiesIntegerRows(problem, mask)) continue;
    if (best === null || costOf(mask, costs) < costOf(best, costs)) best = mask;
  }
  return best === null ? { status: 'infeasible', mask: null } : { status: 'optimal', mask: best };
}

function minimalMasks(problem: IntegerProblem, accepts: (mask: Uint8Array) => boolean): Uint8Array[] {
  const feasible = [...masksOf(problem.variables)].filter(
    (mask) => satisfiesIntegerRows(problem, mask) && accepts(mask),
  );
  const least = Math.min(...feasible.map(sizeOfMask));
  return feasible.filter((mask) => sizeOfMask(mask) === least);
}

test('core and heaviest mask equal brute force, also where the ceiling model admits too much', async (t) => {
  const next = randomNumbers(7);
  let compared = 0;
  for (let round = 0; round < 400; round++) {
    const problem = randomProblem(next);
    // Stands for the exact rows: refuses some of what the ceiling model lets through.
    const refused = new Set(Array.from({ length: 3 }, () => Math.floor(next() * 2 ** problem.variables)));
    const accepts = (mask: Uint8Array) =>
      !refused.has(mask.reduce((bits, one, column) => bits + one * 2 ** column, 0));
    const minimal = minimalMasks(problem, accepts);
    if (minimal.length === 0) continue;
    compared++;
    const component = { problem, mask: minimal[0], accepts };

    const core = await componentCore(component, enumerate, { oneByOne: round % 2 === 1 });
    t.true(core.proven.every((one) => one === 1));
    for (let column = 0; column < problem.variables; column++) {
      const used = minimal.filter((mask) => mask[column]).length;
      const role = used === minimal.length ? CellRole.every : used === 0 ? CellRole.none : CellRole.some;
      t.is(core.roles[column], role);
    }
    for (const witness of core.witnesses)
      t.true(minimal.some((mask) => mask.every((one, at) => one === witness[at])));

    const weights = Array.from({ length: problem.variables }, () => Math.floor(next() * 6) - 2);
    const weight = (mask: Uint8Array) => mask.reduce((sum, one, column) => sum + one * weights[column], 0);
    const preferred = await heaviestMinimalMask(component, weights, enumerate);
    t.true(preferred.proven);
    t.is(weight(preferred.mask), Math.max(...minimal.map(weight)));
  }
  t.true(compared > 100, `only ${compared} problems had a mask`);
});

test('a back end that gives up leaves claims unproven and the mask as it was', async (t) => {
  const problem: IntegerProblem = {
    variables: 2,
    offsets: Uint32Array.of(0, 2),
    columns: Uint32Array.of(0, 1),
    // Only the first variable will do: nothing can be shown without a back end.
    coefficients: Int32Array.of(2, 1),
    bounds: Float64Array.of(2),
  };
  const component = { problem, mask: Uint8Array.of(1, 0), accepts: () => true };
  const giveUp = async (): Promise<ExactAnswer> => ({ status: 'unknown', mask: null });
  const core = await componentCore(component, giveUp);
  t.deepEqual([...core.proven], [0, 0]);
  t.deepEqual(await heaviestMinimalMask(component, [0, 1], giveUp), {
    mask: component.mask,
    proven: false,
    proofs: [],
  });
});

test('equal weights prefer nothing; costs stay within 20 bits', (t) => {
  t.is(weightCosts([3, 3, 3]), null);
  t.deepEqual([...weightCosts([0, 1e300, -1e300])!], [524288, 0, 1048575]);
});

test('moving two ones elsewhere finds what moving one cannot', async (t) => {
  // Two ones of weight 3, or two of weights 2 and 4: no single move keeps the sum at 6.
  const component = {
    problem: {
      variables: 4,
      offsets: Uint32Array.of(0, 4, 8),
      columns: Uint32Array.of(0, 1, 2, 3, 0, 1, 2, 3),
      coefficients: Int32Array.of(3, 3, 2, 4, -3, -3, -2, -4),
      bounds: Float64Array.of(6, -6),
    },
    mask: Uint8Array.of(1, 1, 0, 0),
    accepts: () => true,
  };
  const seen: number[][] = [];
  forEachSwap(component, component.mask, (mask) => seen.push([...mask]));
  t.deepEqual(seen, []);
  await forEachPairSwap(component, component.mask, new Set([0]), (mask) => seen.push([...mask]));
  t.deepEqual(seen, [[0, 0, 1, 1]]);
  await forEachPairSwap(component, component.mask, new Set(), (mask) => seen.push([...mask]));
  t.is(seen.length, 1);
});
