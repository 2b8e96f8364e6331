import test from 'ava';
import { validateProblem } from '../../dist/masks/validate.js';

const row = (columns: unknown, coefficients: unknown, lower: unknown) =>
  ({ variables: 2, rows: [{ columns, coefficients, lower }] }) as never;

const refused: Record<string, [unknown, RegExp]> = {
  'no object': [null, /expected an object/],
  'no variables': [{ rows: [] }, /variables: expected an integer.*undefined/],
  'negative variables': [{ variables: -1, rows: [] }, /variables.*-1/],
  'fractional variables': [{ variables: 1.5, rows: [] }, /variables.*1\.5/],
  'far too many variables': [{ variables: 2 ** 40, rows: [] }, /variables/],
  'rows no array': [{ variables: 1, rows: {} }, /rows: expected an array/],
  'a row that is null': [{ variables: 1, rows: [null] }, /row 0: expected \{ columns/],
  'columns missing': [row(undefined, [1], 0), /row 0, columns: expected an array/],
  'lengths that differ': [
    row([0, 1], [1], 0),
    /row 0: expected as many columns as coefficients, got 2 and 1/,
  ],
  'a column out of range': [row([2], [1], 0), /row 0: expected columns from 0 to 1, got 2/],
  'a negative column': [row([-1], [1], 0), /got -1/],
  'a fractional column': [row([0.5], [1], 0), /got 0\.5/],
  'a NaN coefficient': [row([0, 1], [1, NaN], 0), /row 0, coefficient 1: expected a finite number, got NaN/],
  'an infinite coefficient': [row([0], [Infinity], 0), /got Infinity/],
  'a text': [row([0], ['1'], 0), /got "1"/],
  'lower missing': [row([0], [1], undefined), /row 0, lower: expected a finite number, got undefined/],
  'lower infinite': [row([0], [1], -Infinity), /row 0, lower.*-Infinity/],
  'weights of another length': [
    { variables: 2, rows: [], weights: [1] },
    /weights: expected one per variable, 2, got 1/,
  ],
  'a weight that is NaN': [{ variables: 1, rows: [], weights: [NaN] }, /weight 0/],
  'offsets that do not ascend': [
    {
      variables: 1,
      offsets: Uint32Array.of(0, 2, 1),
      columns: Uint32Array.of(0),
      coefficients: Float64Array.of(1),
      lower: Float64Array.of(0, 0),
    },
    /row 0: expected ascending offsets/,
  ],
  'offsets that end elsewhere': [
    {
      variables: 1,
      offsets: Uint32Array.of(0, 3),
      columns: Uint32Array.of(0),
      coefficients: Float64Array.of(1),
      lower: Float64Array.of(0),
    },
    /offsets: expected to end with 1, got 3/,
  ],
};

for (const [name, [problem, message]] of Object.entries(refused)) {
  test(`refused with the place named: ${name}`, async (t) => {
    await t.throwsAsync(validateProblem(problem as never), { code: 'BAD_PROBLEM', message });
  });
}

test('the result has arrays of its own', async (t) => {
  const columns = Uint32Array.of(0);
  const csr = await validateProblem({ variables: 1, rows: [{ columns, coefficients: [2], lower: -1 }] });
  columns[0] = 7;
  t.deepEqual([...csr.columns], [0]);
  t.deepEqual([...csr.lower], [-1]);
});
