import test from 'ava';
import { LocalSearch } from '../../dist/solvers/search/local-search.js';
import { satisfiesIntegerRows, type IntegerProblem } from '../../dist/masks/integer-rows.js';
import { randomNumbers } from '../support/random-numbers.js';

/** Rows given as lists of [column, coefficient] and a bound. */
function integerProblem(variables: number, rows: [number, number][][], bounds: number[]): IntegerProblem {
  return {
    variables,
    offsets: Uint32Array.from([0, ...rows.map((_, row) => rows.slice(0, row + 1).flat().length)]),
    columns: Uint32Array.from(rows.flat(), (entry) => entry[0]),
    coefficients: Int32Array.from(rows.flat(), (entry) => entry[1]),
    bounds: Float64Array.from(bounds),
  };
}

function randomProblem(random: () => number, variables: number): IntegerProblem {
  const rows: [number, number][][] = [];
  const bounds: number[] = [];
  const count = 1 + Math.floor(random() * 8);
  for (let row = 0; row < count; row++) {
    const entries: [number, number][] = [];
    for (let column = 0; column < variables; column++) {
      if (random() < 0.5) entries.push([column, Math.floor((random() - 0.35) * 100)]);
    }
    rows.push(entries);
    const most = entries.reduce((sum, [, value]) => sum + Math.max(0, value), 0);
    bounds.push(Math.floor(most * random()));
  }
  return integerProblem(variables, rows, bounds);
}

function bruteForce(problem: IntegerProblem): number {
  let best = Infinity;
  for (let bits = 0; bits < 2 ** problem.variables; bits++) {
    const mask = Uint8Array.from({ length: problem.variables }, (_, at) => (bits >> at) & 1);
    const size = mask.reduce((sum, one) => sum + one, 0);
    if (size < best && satisfiesIntegerRows(problem, mask)) best = size;
  }
  return best;
}

test('a mask always satisfies the rows, is as large as it says, and is the optimum on most small problems', (t) => {
  const random = randomNumbers(5);
  let optimal = 0;
  let solvable = 0;
  for (let round = 0; round < 200; round++) {
    const problem = randomProblem(random, 10);
    const search = new LocalSearch(problem, { seed: round });
    search.run(1);
    const truth = bruteForce(problem);
    if (search.bestSize < Infinity) {
      t.true(satisfiesIntegerRows(problem, search.best));
      t.is(
        search.best.reduce((sum, one) => sum + one, 0),
        search.bestSize,
      );
    }
    t.true(search.bestSize >= truth);
    if (truth < Infinity) solvable++;
    if (truth < Infinity && search.bestSize === truth) optimal++;
  }
  t.true(solvable > 50);
  t.true(optimal >= 0.95 * solvable, `${optimal} of ${solvable}`);
});

test('the result depends on the seed and the total work, not on how run divides it', (t) => {
  const problem = randomProblem(randomNumbers(9), 40);
  const once = new LocalSearch(problem, { seed: 3 });
  once.run(8_000_000);
  const often = new LocalSearch(problem, { seed: 3 });
  for (let call = 0; call < 80; call++) often.run(100_000);
  t.deepEqual(often.best, once.best);
  t.is(often.bestSize, once.bestSize);
});

test('a mask from elsewhere is taken only when it holds and is smaller', (t) => {
  const problem = integerProblem(
    3,
    [
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
    ],
    [1],
  );
  const search = new LocalSearch(problem, { seed: 0, initial: Uint8Array.of(1, 1, 1) });
  t.is(search.bestSize, 1, 'spare ones are dropped');
  t.false(search.offer(Uint8Array.of(0, 0, 0)));
  t.false(search.offer(Uint8Array.of(1, 1, 0)));
  search.run(1_000_000);
  t.is(search.bestSize, 1);
});

test('a problem without rows needs nothing; an impossible row leaves no mask', (t) => {
  const free = new LocalSearch(integerProblem(4, [], []), { seed: 0 });
  free.run(1e6);
  t.is(free.bestSize, 0);
  const impossible = new LocalSearch(
    integerProblem(
      2,
      [
        [
          [0, 1],
          [1, 1],
        ],
      ],
      [3],
    ),
    { seed: 0 },
  );
  impossible.run(2_000_000);
  t.is(impossible.bestSize, Infinity);
});

test('wrong options are named', (t) => {
  const problem = integerProblem(2, [[[0, 1]]], [1]);
  t.throws(() => new LocalSearch(problem, { seed: 0.5 }), { instanceOf: TypeError, message: /seed/ });
  t.throws(() => new LocalSearch(problem, { seed: 0, initial: new Uint8Array(3) }), {
    instanceOf: RangeError,
    message: /initial/,
  });
});
