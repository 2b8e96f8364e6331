import { setImmediate } from 'node:timers/promises';
import { SmugError } from '../errors.js';
import type { CsrMaskProblem, MaskProblem } from './problem.js';

/** Largest number of variables, rows or entries: what 32-bit offsets hold with room to spare. */
const LARGEST_COUNT = 2 ** 30;

/**
 * Checks a mask problem in either form and returns it in CSR form, in arrays of its own.
 *
 * Coefficients of any size are right, denormals and zeros too; a column named twice in a row counts twice; an
 * empty row reads 0 > lower. Long problems are read in slices so that the event loop keeps turning.
 *
 * @throws SmugError `BAD_PROBLEM` that names the row, the value and what was expected.
 */
export async function validateProblem(problem: MaskProblem | CsrMaskProblem): Promise<CsrMaskProblem> {
  if (typeof problem !== 'object' || problem === null) {
    throw bad(`expected an object { variables, rows } or one in CSR form, got ${describe(problem)}`);
  }
  const { variables } = problem;
  if (!isCount(variables)) {
    throw bad(`variables: expected an integer from 0 to ${LARGEST_COUNT}, got ${describe(variables)}`);
  }
  const weights = problem.weights === undefined ? undefined : checkWeights(problem.weights, variables);
  const csr = 'rows' in problem ? await fromRows(problem, variables) : await fromCsr(problem, variables);
  return weights === undefined ? csr : { ...csr, weights };
}

const SLICE = 200_000;

/** Lets other work in after every `SLICE` entries. */
class Pacer {
  #entries = 0;

  /** After a row of so many entries: whether it is time for `turn`. A promise a row would be garbage of a megabyte a picture. */
  isDue(entries: number): boolean {
    this.#entries += entries + 1;
    return this.#entries >= SLICE;
  }

  async turn(): Promise<void> {
    this.#entries = 0;
    await setImmediate();
  }
}

async function fromRows(problem: MaskProblem, variables: number): Promise<CsrMaskProblem> {
  const { rows } = problem;
  if (!Array.isArray(rows)) throw bad(`rows: expected an array, got ${describe(rows)}`);
  if (rows.length > LARGEST_COUNT) throw bad(`rows: expected at most ${LARGEST_COUNT} of them`);
  const offsets = new Uint32Array(rows.length + 1);
  const lower = new Float64Array(rows.length);
  const pacer = new Pacer();
  let entries = 0;
  for (let row = 0; row < rows.length; row++) {
    const { columns, coefficients } = checkRowShape(rows[row], row);
    if (columns.length !== coefficients.length) {
      throw bad(
        `row ${row}: expected as many columns as coefficients, got ${columns.length} and ${coefficients.length}`,
      );
    }
    entries += columns.length;
    if (entries > LARGEST_COUNT)
      throw bad(`row ${row}: expected at most ${LARGEST_COUNT} entries in all rows`);
    offsets[row + 1] = entries;
    lower[row] = checkFinite(rows[row].lower, lowerOf, row);
    if (pacer.isDue(0)) await pacer.turn();
  }
  const columns = new Uint32Array(entries);
  const coefficients = new Float64Array(entries);
  let write = 0;
  for (let row = 0; row < rows.length; row++) {
    const given = checkRowShape(rows[row], row);
    // As many entries as were counted, whatever has become of the row meanwhile.
    for (let at = 0; at < offsets[row + 1] - offsets[row]; at++) {
      columns[write] = checkColumn(given.columns[at], variables, row);
      coefficients[write] = checkFinite(given.coefficients[at], coefficientOf, row, at);
      write++;
    }
    if (pacer.isDue(offsets[row + 1] - offsets[row])) await pacer.turn();
  }
  return { variables, offsets, columns, coefficients, lower };
}

async function fromCsr(problem: CsrMaskProblem, variables: number): Promise<CsrMaskProblem> {
  // Copies are checked: the caller may change its arrays while other work has its turn.
  const offsets = copyOf(problem.offsets, 'offsets');
  const columns = copyOf(problem.columns, 'columns');
  const coefficients = copyOf(problem.coefficients, 'coefficients');
  const lower = copyOf(problem.lower, 'lower');
  if (offsets.length !== lower.length + 1) {
    throw bad(`offsets: expected one more than rows, ${lower.length + 1}, got ${offsets.length}`);
  }
  if (columns.length !== coefficients.length) {
    throw bad(`columns: expected as many as coefficients, got ${columns.length} and ${coefficients.length}`);
  }
  if (offsets[0] !== 0) throw bad(`offsets: expected to start with 0, got ${describe(offsets[0])}`);
  if (offsets[lower.length] !== columns.length) {
    throw bad(`offsets: expected to end with ${columns.length}, got ${describe(offsets[lower.length])}`);
  }
  const pacer = new Pacer();
  for (let row = 0; row < lower.length; row++) {
    if (!isCount(offsets[row + 1]) || offsets[row + 1] < offsets[row] || offsets[row + 1] > columns.length) {
      throw bad(`row ${row}: expected ascending offsets, got ${offsets[row]} and ${offsets[row + 1]}`);
    }
    checkFinite(lower[row], lowerOf, row);
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      checkColumn(columns[at], variables, row);
      checkFinite(coefficients[at], coefficientOf, row, at - offsets[row]);
    }
    if (pacer.isDue(offsets[row + 1] - offsets[row])) await pacer.turn();
  }
  return {
    variables,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(lower),
  };
}

function checkRowShape(
  row: unknown,
  index: number,
): { columns: ArrayLike<number>; coefficients: ArrayLike<number> } {
  if (typeof row !== 'object' || row === null) {
    throw bad(`row ${index}: expected { columns, coefficients, lower }, got ${describe(row)}`);
  }
  const { columns, coefficients } = row as { columns: unknown; coefficients: unknown };
  return {
    columns: checkArray(columns, `row ${index}, columns`),
    coefficients: checkArray(coefficients, `row ${index}, coefficients`),
  };
}

function checkArray(value: unknown, name: string): ArrayLike<number> {
  const isTyped = ArrayBuffer.isView(value) && !(value instanceof DataView);
  if (!Array.isArray(value) && !isTyped) throw bad(`${name}: expected an array, got ${describe(value)}`);
  return value as unknown as ArrayLike<number>;
}

function copyOf(value: unknown, name: string): ArrayLike<number> {
  return (checkArray(value, name) as number[]).slice();
}

function checkColumn(column: unknown, variables: number, row: number): number {
  if (!isCount(column) || column >= variables) {
    throw bad(`row ${row}: expected columns from 0 to ${variables - 1}, got ${describe(column)}`);
  }
  return column;
}

/** Names a number by the row, or variable, and where it lies there. */
type Place = (index: number, at: number) => string;

const weightOf: Place = (index) => `weight ${index}`;
const lowerOf: Place = (row) => `row ${row}, lower`;
const coefficientOf: Place = (row, at) => `row ${row}, coefficient ${at}`;

/** Its words are made only where something is wrong: a picture's rows have some thirty thousand coefficients. */
function checkFinite(value: unknown, place: Place, index: number, at = 0): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw bad(`${place(index, at)}: expected a finite number, got ${describe(value)}`);
  }
  return value;
}

function checkWeights(weights: unknown, variables: number): Float64Array {
  const array = checkArray(weights, 'weights');
  if (array.length !== variables)
    throw bad(`weights: expected one per variable, ${variables}, got ${array.length}`);
  const checked = new Float64Array(variables);
  for (let index = 0; index < variables; index++) checked[index] = checkFinite(array[index], weightOf, index);
  return checked;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_COUNT;
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function bad(what: string): SmugError {
  return new SmugError('BAD_PROBLEM', `Bad mask problem: ${what}.`);
}
