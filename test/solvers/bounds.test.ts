import test from 'ava';
import { DualBound } from '../../dist/solvers/bounds/dual-bound.js';
import { separateSum } from '../../dist/solvers/bounds/cut-separation.js';
import { checkCut } from '../../dist/verification/cuts.js';
import { satisfiesIntegerRows } from '../../dist/masks/integer-rows.js';
import { masks, randomIntegerProblem as randomProblem } from '../support/integer-problems.js';
import { randomNumbers } from '../support/random-numbers.js';
import { misfitOfBound, verifierRows, work } from '../support/verified-bound.js';

test('the bound never exceeds the optimum, and its evidence proves the same number', async (t) => {
  const random = randomNumbers(3);
  let tight = 0;
  for (let round = 0; round < 150; round++) {
    const problem = randomProblem(random, 9);
    let optimum = Infinity;
    for (const mask of masks(9)) {
      const size = mask.reduce((sum, one) => sum + one, 0);
      if (size < optimum && satisfiesIntegerRows(problem, mask)) optimum = size;
    }
    const dual = new DualBound(problem);
    dual.run(600);
    t.true(dual.bound <= optimum, `round ${round}: ${dual.bound} > ${optimum}`);
    t.is(await misfitOfBound(problem, dual.evidence(), dual.bound), null, `round ${round}`);
    if (dual.bound === optimum) tight++;
  }
  t.true(tight > 20, `tight on ${tight} of 150`);
});

test('the verifier takes a cut up to the least left side over the points of its row', async (t) => {
  const random = randomNumbers(8);
  for (let round = 0; round < 200; round++) {
    const problem = randomProblem(random, 8);
    const columns: number[] = [];
    const coefficients: number[] = [];
    for (let at = problem.offsets[0]; at < problem.offsets[1]; at++) {
      if (random() < 0.3) continue;
      columns.push(problem.columns[at]);
      coefficients.push(Math.sign(problem.coefficients[at]) * Math.floor(random() * 5));
    }
    let least = Infinity;
    const row = { ...problem, bounds: problem.bounds.slice(0, 1) };
    for (const mask of masks(8)) {
      if (!satisfiesIntegerRows(row, mask)) continue;
      least = Math.min(
        least,
        columns.reduce((sum, column, at) => sum + coefficients[at] * mask[column], 0),
      );
    }
    if (least === Infinity) continue;
    const cut = { rows: [0], times: [1], columns, coefficients };
    const rows = verifierRows(problem);
    t.is(await checkCut(rows, { ...cut, bound: least }, work()), null, `round ${round}`);
    t.not(await checkCut(rows, { ...cut, bound: least + 1 }, work()), null, `round ${round}, one more`);
  }
});

test('a lifted cut claims just what its rows imply', async (t) => {
  const random = randomNumbers(15);
  let found = 0;
  for (let round = 0; round < 400; round++) {
    const problem = randomProblem(random, 20);
    const point = Float64Array.from({ length: 20 }, () => (random() < 0.5 ? Math.round(random()) : random()));
    const source = round % 2 ? { rows: [0], times: [1] } : { rows: [0, 3], times: [7, 2] };
    // Any cut at all, however far from the point.
    const cut = separateSum(problem, source, point, -Infinity);
    if (!cut) continue;
    found++;
    t.is(await checkCut(verifierRows(problem), cut, work()), null, `round ${round}`);
    const stronger = { ...cut, bound: cut.bound + 1 };
    t.not(await checkCut(verifierRows(problem), stronger, work()), null, `round ${round}, one more`);
  }
  t.true(found > 150, `${found} cuts`);
});

test('a cut altered in a dual vector is refused', async (t) => {
  const problem = randomProblem(randomNumbers(4), 9);
  const dual = new DualBound(problem);
  dual.run(600);
  const evidence = dual.evidence();
  t.true(evidence.cuts.length > 0);
  const stronger = structuredClone(evidence);
  for (const cut of stronger.cuts) cut.bound += 2;
  t.regex((await misfitOfBound(problem, stronger, dual.bound))!, /a cut/);
});
