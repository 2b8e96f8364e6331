import type { IntegerProblem } from '../../dist/masks/integer-rows.js';

/** Dense random rows of both signs over a few variables; most can be satisfied. */
export function randomIntegerProblem(random: () => number, variables: number, rows = 6): IntegerProblem {
  const columns: number[] = [];
  const coefficients: number[] = [];
  const offsets = [0];
  const bounds: number[] = [];
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let column = 0; column < variables; column++) {
      if (random() < 0.4) continue;
      const value = Math.floor((random() - 0.35) * 60);
      columns.push(column);
      coefficients.push(value);
      most += Math.max(0, value);
    }
    offsets.push(columns.length);
    bounds.push(Math.floor(most * random() * 0.9));
  }
  return {
    variables,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    coefficients: Int32Array.from(coefficients),
    bounds: Float64Array.from(bounds),
  };
}

/** All 0/1 points. */
export function* masks(variables: number): Generator<Uint8Array> {
  for (let bits = 0; bits < 2 ** variables; bits++) {
    yield Uint8Array.from({ length: variables }, (_, at) => (bits >> at) & 1);
  }
}
