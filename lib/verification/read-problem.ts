import { SmugError } from '../errors.js';
import { misfitOf } from './form.js';
import { certificateSchema } from '../api/certificate.js';
import type { GivenProblem } from './problem-hash.js';

/** A problem in compressed sparse row form, as `solveMask` takes it. */
interface CsrProblem {
  variables: number;
  offsets: ArrayLike<number>;
  columns: ArrayLike<number>;
  coefficients: ArrayLike<number>;
  lower: ArrayLike<number>;
  weights?: ArrayLike<number>;
}

/**
 * A mask problem given from outside, as rows or in CSR form, in plain lists.
 * @throws SmugError `BAD_PROBLEM`
 */
export function readProblem(given: unknown): GivenProblem {
  const problem = isCsr(given) ? fromCsr(given) : plain(given);
  const misfit = misfitOf(certificateSchema.properties.problem, problem, 'problem');
  if (misfit !== null) throw new SmugError('BAD_PROBLEM', `Bad mask problem: ${misfit}.`);
  return problem as GivenProblem;
}

function isCsr(given: unknown): given is CsrProblem {
  const { offsets, columns, coefficients, lower } = (given ?? {}) as Partial<CsrProblem>;
  return [offsets, columns, coefficients, lower].every(
    (list) => Array.isArray(list) || ArrayBuffer.isView(list),
  );
}

function fromCsr({ variables, offsets, columns, coefficients, lower, weights }: CsrProblem): object {
  const part = (list: ArrayLike<number>, row: number) =>
    Array.prototype.slice.call(list, offsets[row], offsets[row + 1]);
  return {
    variables,
    rows: Array.from(lower, (bound, row) => ({
      columns: part(columns, row),
      coefficients: part(coefficients, row),
      lower: bound,
    })),
    ...(weights && { weights: Array.from(weights) }),
  };
}

/** Other fields of a problem file, as its name or its known optimum, are no part of the problem. */
function plain(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !Array.isArray((given as GivenProblem).rows))
    return given;
  const { variables, rows, weights } = given as GivenProblem;
  return {
    variables,
    rows: rows.map((row) => {
      if (typeof row !== 'object' || row === null) return row;
      const { columns, coefficients, lower } = row as {
        columns: ArrayLike<number>;
        coefficients: ArrayLike<number>;
        lower: number;
      };
      return { columns: list(columns), coefficients: list(coefficients), lower };
    }),
    ...(weights !== undefined && { weights: list(weights) }),
  };
}

function list(given: unknown): unknown {
  return ArrayBuffer.isView(given) && !(given instanceof DataView)
    ? Array.from(given as unknown as ArrayLike<number>)
    : given;
}
