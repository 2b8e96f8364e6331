// Defects that an auditor of the proofs met: each test failed before it was mended.
import test from 'ava';
import { satisfiesExactly } from '../../dist/masks/exact.js';
import { COEFFICIENT_BITS, roundRows } from '../../dist/masks/integer-rows.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { loadAddon } from '../../dist/addon.js';
import { nativeBlockSearch, portableBlockSearch } from '../../dist/solvers/bounds/block-search.js';
import { weightCosts } from '../../dist/solvers/choice/tie-break.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { solverAddon, testWith } from '../support/needs.js';
import { proverDouble } from './prover-doubles.js';

for (const [name, test_, makeOf] of [
  ['portable', test, () => portableBlockSearch],
  ['native', testWith(solverAddon), () => nativeBlockSearch(loadAddon()!)!],
] as const)
  test_(`blocks whose costs leave the exact range prove nothing (${name})`, (t) => {
    const make = makeOf();
    const rows = {
      columns: 3,
      offsets: Uint32Array.of(0, 3),
      entries: Uint32Array.of(0, 1, 2),
      coefficients: Float64Array.of(1, 1, 1),
      bounds: Float64Array.of(1),
    };
    const large = Float64Array.of(2 ** 53 - 1, -(2 ** 53 - 1), 1);
    t.false(make(rows, large, Float64Array.of(0)).proves(-(2 ** 60), 1000));
    t.false(make(rows, Float64Array.of(2 ** 51, 2 ** 51, 1), Float64Array.of(0)).proves(1, 1000));
    t.true(make(rows, Float64Array.of(2 ** 40, 2 ** 40, 2 ** 40), Float64Array.of(0)).proves(2 ** 40, 1000));
  });

test('a column that a row names many times does not outgrow the other coefficients', async (t) => {
  const many = 500;
  const columns = [...new Array(many).fill(0), 1, 2];
  const problem = await validateProblem({
    variables: 3,
    rows: [{ columns, coefficients: columns.map((column) => (column === 0 ? 1 : 0.9)), lower: 500.5 }],
  });
  const { floor, ceiling } = roundRows(problem);
  for (const value of [...floor.coefficients, ...ceiling.coefficients])
    t.true(Math.abs(value) <= 2 ** COEFFICIENT_BITS, String(value));
  t.is(
    (await solveMask({ variables: 3, rows: [{ columns, coefficients: columns.map(() => 1), lower: 500.5 }] }))
      .size,
    2,
  );
});

test('runs of a floating-point prover confirm nothing that an exact one has not', async (t) => {
  // A triangle: disjoint rows show that it takes one, and it takes two.
  const problem = await validateProblem({
    variables: 3,
    rows: [
      [0, 1],
      [1, 2],
      [0, 2],
    ].map((columns) => ({ columns, coefficients: [1, 1], lower: 0.5 })),
  });
  const stop = new AbortController();
  const solve = async (confirm: 'always' | 'never') =>
    solvePipeline(problem, {
      seed: 0,
      threads: 1,
      signal: stop.signal,
      enumeration: false,
      confirm,
      // Z3 never knows.
      provers: async () => ({
        highs: proverDouble('highs'),
        z3: {
          ...proverDouble('libz3'),
          solve: async () => {
            await new Promise((resolve) => setImmediate(resolve));
            return { status: 'stopped', mask: null, lowerBound: 0, work: 0, wrongModel: false };
          },
        },
      }),
    });
  const first = await solve('never');
  t.is(first.status, 'optimal');
  t.false(first.parts[0].result.confirmed);
  t.deepEqual([...new Set(first.parts[0].result.proofs.map(({ by }) => by))], ['highs']);
  setTimeout(() => stop.abort(), 1000);
  const { status, parts } = await solve('always');
  t.is(status, 'feasible');
  t.false(parts[0].result.confirmed);
});

test('weights that span more than the largest double are told apart', (t) => {
  const costs = weightCosts([1.7e308, 0, -1.7e308])!;
  t.deepEqual([...costs], [0, Math.round((2 ** 20 - 1) / 2), 2 ** 20 - 1]);
});

test('an intermediate bound that a mask contradicts does not outlive it', async (t) => {
  const problem = await validateProblem({
    variables: 4,
    rows: [{ columns: [0, 1, 2, 3], coefficients: [1, 1, 1, 1], lower: 1.5 }],
  });
  const stop = new AbortController();
  const z3 = proverDouble('libz3');
  const result = await solvePipeline(problem, {
    seed: 0,
    threads: 1,
    signal: stop.signal,
    enumeration: false,
    provers: async () => ({
      highs: null,
      z3: {
        ...z3,
        solve: async (question) => {
          question.bounded?.(4);
          const { mask } = await z3.solve(question);
          question.improved?.(mask!);
          stop.abort();
          return { status: 'stopped', mask: null, lowerBound: 0, work: 0, wrongModel: false };
        },
      },
    }),
  });
  t.is(result.size, 2);
  t.true(result.lowerBound <= result.size, `${result.lowerBound} > ${result.size}`);
});

test('arrays that change while they are validated are those that were given', async (t) => {
  const rows = 100_000;
  const given = {
    variables: 4,
    offsets: Uint32Array.from({ length: rows + 1 }, (_, row) => 3 * row),
    columns: Uint32Array.from({ length: 3 * rows }, (_, at) => at % 3),
    coefficients: new Float64Array(3 * rows).fill(1),
    lower: new Float64Array(rows).fill(1.5),
  };
  const validated = validateProblem(given);
  given.lower.fill(Number.NaN);
  given.columns.fill(77);
  given.offsets.fill(5);
  const problem = await validated;
  t.true(problem.lower.every((lower) => lower === 1.5));
  t.true(problem.columns.every((column) => column < 3));
  const listed = { variables: 4, rows: [] as { columns: number[]; coefficients: number[]; lower: number }[] };
  // Enough that others have their turn before all are read.
  for (let row = 0; row < 150_000; row++)
    listed.rows.push({ columns: [0, 1], coefficients: [1, 1], lower: 0.5 });
  const changing = validateProblem(listed);
  for (const row of listed.rows) row.columns = [];
  await t.throwsAsync(changing, { code: 'BAD_PROBLEM' });
});

test('a solve that is stopped at once answers with the mask of all cells where that holds', async (t) => {
  const variables = 3000;
  const rows = Array.from({ length: 3000 }, (_, row) => ({
    columns: Array.from({ length: 40 }, (_, k) => (row * 7 + k * 13) % variables),
    coefficients: Array.from({ length: 40 }, (_, k) => ((row * 31 + k * 17) % 101) / 100),
    lower: 8,
  }));
  const { status, mask, size } = await solveMask({ variables, rows }, { timeLimit: 0.001 });
  t.is(status, 'feasible');
  t.is(
    size,
    mask!.reduce((sum, value) => sum + value, 0),
  );
  t.true(satisfiesExactly(await validateProblem({ variables, rows }), mask!));
});
