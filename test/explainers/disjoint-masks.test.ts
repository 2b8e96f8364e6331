// Masks without a common cell, each against every mask of the cells that were left.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { disjointMasks, withoutCells } from '../../dist/explainers/disjoint-masks.js';
import { solveMask, verifyCertificate, type CsrMaskProblem, type MaskProblem } from '../../dist/index.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { check } from '../cli/printed-documents.js';
import { smug } from '../cli/smug.js';
import { bruteForce, feasibleMasks } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const rowOf = (
  { rows }: MaskProblem,
  row: number,
  cells: (cell: number) => boolean,
): MaskProblem['rows'][number] => {
  const { columns, coefficients, lower } = rows[row];
  const places = [...Array.from(columns).keys()].filter((at) => cells(columns[at]));
  return {
    columns: places.map((at) => columns[at]),
    coefficients: places.map((at) => coefficients[at]),
    lower,
  };
};

test('every further mask is the smallest that meets all rows which the cells left can meet', async (t) => {
  let further = 0;
  for (let seed = 0; seed < 160; seed++) {
    const problem = randomProblem(seed, 10);
    const csr = await validateProblem(problem);
    const first = await solveMask(problem, { heaviest: false, confirm: 'never' });
    if (first.mask === null) continue;
    const masks = await disjointMasks(csr, first.mask, 4, (left) => solveMask(left, { confirm: 'never' }));
    const used = new Set([...first.mask.keys()].filter((cell) => first.mask![cell]));
    for (const { cells, rows, solution } of masks) {
      further++;
      const free = (cell: number) => !used.has(cell);
      // By hand: a row can be met where some mask of the free cells meets it alone.
      const possible = problem.rows
        .map((_, row) => rowOf(problem, row, free))
        .filter((row) => feasibleMasks({ variables: problem.variables, rows: [row] }).includes(1));
      t.is(rows, possible.length, `seed ${seed}`);
      const best = bruteForce({ variables: problem.variables, rows: possible });
      t.is(solution.size, best!.size, `seed ${seed}`);
      for (const [cell, kept] of cells.entries()) {
        if (!kept) continue;
        t.false(used.has(cell));
        used.add(cell);
      }
    }
  }
  t.true(further > 40, `${further} further masks`);
});

test('rows that only used cells can meet are left out; the others lose their used columns', (t) => {
  const problem: CsrMaskProblem = {
    variables: 4,
    offsets: Uint32Array.of(0, 2, 4, 6),
    columns: Uint32Array.of(0, 1, 1, 2, 2, 3),
    coefficients: Float64Array.of(1, 1, 0.1, 0.2, -1, 0.5),
    // The second is met exactly, and so not exceeded.
    lower: Float64Array.of(0.5, 0.2, 0.25),
  };
  const left = withoutCells(problem, [1, 1, 0, 0]);
  t.deepEqual([...left.offsets], [0, 2]);
  t.deepEqual([...left.columns], [2, 3]);
  t.deepEqual([...left.lower], [0.25]);
});

test('smug explain --disjoint: documents, overlays and certificates that hold', async (t) => {
  const folder = temporaryFolder('disjoint');
  const { code, stdout } = await smug([
    ...['explain', 'examples/digits/3.png', '--model', 'builtin:mnist-fc'],
    ...['--top-k', '3', '--gamma', '0.5'],
    ...['--disjoint', '3', '--json', '--out', folder],
  ]);
  t.is(code, 0);
  const [result] = JSON.parse(stdout).results;
  t.true(result.disjoint.length >= 1);
  const taken = new Set<number>();
  for (const { cells } of [{ cells: result.mask.cells }, ...result.disjoint])
    cells.forEach((cell: number, at: number) => {
      if (!cell) return;
      t.false(taken.has(at));
      taken.add(at);
    });
  t.true(result.disjoint[0].rows <= result.nodes.constrained);
  t.true(result.files.some((file: string) => file.endsWith('3.disjoint-2.overlay.png')));
  const certificate = JSON.parse(await readFile(join(folder, '3.disjoint-2.certificate.json'), 'utf8'));
  check('certificate', certificate);
  const verdict = await verifyCertificate(certificate);
  t.not(verdict.verdict, 'refuted');
  t.is(verdict.size, result.disjoint[0].size);
});
