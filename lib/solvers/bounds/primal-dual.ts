import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { RowCut } from '../bound-evidence.js';

/** An epoch shorter than this says nothing about the balance of steps. */
const SETTLED = 100;
const FIRST_EPOCH = 60;
const LONGEST_EPOCH = 1000;

/**
 * min Σ x subject to rows and cuts, 0 ≤ x ≤ 1, by the primal-dual hybrid gradient method (Chambolle, Pock 2011)
 * with diagonal steps, averaging and restarts (Applegate et al., PDLP, 2021). Floating point throughout.
 */
export class PrimalDual {
  #offsets = new Int32Array(1);
  #columns = new Int32Array(0);
  #values = new Float64Array(0);
  /** What a row was divided by. */
  #norms = new Float64Array(0);
  #right = new Float64Array(0);
  #primalStep = new Float64Array(0);
  #dualStep = new Float64Array(0);
  #x: Float64Array;
  #y = new Float64Array(0);
  #sumX: Float64Array;
  #sumY = new Float64Array(0);
  #product: Float64Array;
  #startX: Float64Array;
  #startY = new Float64Array(0);
  #since = 0;
  #epoch = FIRST_EPOCH;
  #weight = 1;
  #bestValue = -Infinity;
  #bestY = new Float64Array(0);
  readonly #problem: IntegerProblem;

  constructor(problem: IntegerProblem, cuts: readonly RowCut[]) {
    this.#problem = problem;
    this.#x = new Float64Array(problem.variables);
    this.#sumX = new Float64Array(problem.variables);
    this.#startX = new Float64Array(problem.variables);
    this.#product = new Float64Array(problem.variables);
    this.extend(cuts);
  }

  /** Whether a cut, by its place in the list, has no price now and none in the best multipliers. */
  idle(cut: number): boolean {
    const row = this.#problem.bounds.length + cut;
    return row < this.#y.length && this.#y[row] === 0 && this.#bestY[row] === 0;
  }

  /** The same problem without some idle cuts: `kept` are the places of the others. */
  keep(cuts: readonly RowCut[], kept: readonly number[]): void {
    const plain = this.#problem.bounds.length;
    const pick = (all: Float64Array) => {
      const fewer = new Float64Array(plain + kept.length);
      fewer.set(all.subarray(0, plain));
      kept.forEach((cut, at) => (fewer[plain + at] = all[plain + cut] ?? 0));
      return fewer;
    };
    this.#y = pick(this.#y);
    this.#bestY = pick(this.#bestY);
    this.extend(cuts);
  }

  /** The same problem with more cuts at the end of the list; the point and the multipliers stay. */
  extend(cuts: readonly RowCut[]): void {
    const problem = this.#problem;
    const plain = problem.bounds.length;
    const rows = plain + cuts.length;
    const entries = problem.offsets[plain] + cuts.reduce((sum, cut) => sum + cut.columns.length, 0);
    const offsets = new Int32Array(rows + 1);
    const columns = new Int32Array(entries);
    const values = new Float64Array(entries);
    const norms = new Float64Array(rows);
    const right = new Float64Array(rows);
    let write = 0;
    for (let row = 0; row < rows; row++) {
      const from = write;
      let square = 0;
      if (row < plain) {
        for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
          columns[write] = problem.columns[at];
          values[write++] = problem.coefficients[at];
          square += problem.coefficients[at] ** 2;
        }
      } else {
        const cut = cuts[row - plain];
        for (let at = 0; at < cut.columns.length; at++) {
          columns[write] = cut.columns[at];
          values[write++] = cut.coefficients[at];
          square += cut.coefficients[at] ** 2;
        }
      }
      norms[row] = Math.sqrt(square) || 1;
      for (let at = from; at < write; at++) values[at] /= norms[row];
      right[row] = (row < plain ? problem.bounds[row] : cuts[row - plain].bound) / norms[row];
      offsets[row + 1] = write;
    }
    const columnSum = new Float64Array(problem.variables);
    const dualStep = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        const magnitude = Math.abs(values[at]);
        columnSum[columns[at]] += magnitude;
        sum += magnitude;
      }
      dualStep[row] = sum > 0 ? 1 / sum : 0;
    }
    this.#offsets = offsets;
    this.#columns = columns;
    this.#values = values;
    this.#norms = norms;
    this.#right = right;
    this.#dualStep = dualStep;
    this.#primalStep = columnSum.map((sum) => (sum > 0 ? 1 / sum : 1));
    this.#y = grown(this.#y, rows);
    this.#sumY = new Float64Array(rows);
    this.#startY = this.#y.slice();
    this.#startX = this.#x.slice();
    this.#sumX.fill(0);
    this.#bestY = grown(this.#bestY, rows);
    this.#since = 0;
    this.#epoch = FIRST_EPOCH;
    this.#transpose(this.#y, this.#product);
  }

  iterate(count: number): void {
    for (let step = 0; step < count; step++) {
      this.#step();
      if (this.#since >= this.#epoch) this.#restart();
    }
  }

  /** The best multipliers so far, of the rows and cuts as given (not as scaled), and the bound they prove. */
  bestDual(): { value: number; multipliers: Float64Array } {
    this.#consider(this.#y);
    if (this.#since > 0) this.#consider(this.#sumY.map((sum) => sum / this.#since));
    return { value: this.#bestValue, multipliers: this.#bestY.map((value, row) => value / this.#norms[row]) };
  }

  /** The current multipliers, as given; cheaper than the best. */
  multipliers(): Float64Array {
    return this.#y.map((value, row) => value / this.#norms[row]);
  }

  point(): Float64Array {
    return this.#since > 10 ? this.#sumX.map((sum) => sum / this.#since) : this.#x.slice();
  }

  reducedCosts(): Float64Array {
    const product = new Float64Array(this.#problem.variables);
    this.#transpose(this.#bestY, product);
    return product.map((sum) => 1 - sum);
  }

  #step(): void {
    const offsets = this.#offsets;
    const columns = this.#columns;
    const values = this.#values;
    const right = this.#right;
    const primalStep = this.#primalStep;
    const dualStep = this.#dualStep;
    const x = this.#x;
    const y = this.#y;
    const product = this.#product;
    const sumX = this.#sumX;
    const sumY = this.#sumY;
    const weight = this.#weight;
    // x moves against its reduced cost; `product` holds Aᵀy. extrapolated = 2 x⁺ − x goes into the dual step.
    const extrapolated = product;
    for (let column = 0; column < x.length; column++) {
      const before = x[column];
      let after = before - (primalStep[column] / weight) * (1 - product[column]);
      if (after < 0) after = 0;
      else if (after > 1) after = 1;
      x[column] = after;
      sumX[column] += after;
      extrapolated[column] = 2 * after - before;
    }
    for (let row = 0; row < y.length; row++) {
      let left = 0;
      for (let at = offsets[row], end = offsets[row + 1]; at < end; at++) {
        left += values[at] * extrapolated[columns[at]];
      }
      const after = y[row] + weight * dualStep[row] * (right[row] - left);
      y[row] = after > 0 ? after : 0;
      sumY[row] += y[row];
    }
    this.#transpose(y, product);
    this.#since++;
  }

  #transpose(y: Float64Array, product: Float64Array): void {
    const offsets = this.#offsets;
    const columns = this.#columns;
    const values = this.#values;
    product.fill(0);
    for (let row = 0; row < y.length; row++) {
      const multiplier = y[row];
      if (multiplier === 0) continue;
      for (let at = offsets[row], end = offsets[row + 1]; at < end; at++) {
        product[columns[at]] += multiplier * values[at];
      }
    }
  }

  /** Σ right·y + Σ min(0, 1 − Aᵀy): a bound for any y ≥ 0. */
  #dualValue(y: Float64Array): number {
    const product = new Float64Array(this.#problem.variables);
    this.#transpose(y, product);
    let value = 0;
    for (let row = 0; row < y.length; row++) value += y[row] * this.#right[row];
    for (const sum of product) if (sum > 1) value -= sum - 1;
    return value;
  }

  #consider(y: Float64Array): number {
    const value = this.#dualValue(y);
    if (value > this.#bestValue) {
      this.#bestValue = value;
      this.#bestY = y.slice();
    }
    return value;
  }

  /** Starts again from the average; steps are rebalanced by how far x and y moved. */
  #restart(): void {
    const x = this.#x;
    const y = this.#y;
    const sumX = this.#sumX;
    const sumY = this.#sumY;
    const startX = this.#startX;
    const startY = this.#startY;
    const since = this.#since;
    let movedX = 0;
    let movedY = 0;
    for (let column = 0; column < x.length; column++) {
      x[column] = sumX[column] / since;
      movedX += (x[column] - startX[column]) ** 2 / this.#primalStep[column];
      startX[column] = x[column];
    }
    for (let row = 0; row < y.length; row++) {
      y[row] = sumY[row] / since;
      if (this.#dualStep[row] > 0) movedY += (y[row] - startY[row]) ** 2 / this.#dualStep[row];
      startY[row] = y[row];
    }
    this.#consider(y);
    if (movedX > 0 && movedY > 0 && since >= SETTLED) {
      const target = Math.sqrt(movedY / movedX);
      this.#weight = Math.exp(0.5 * Math.log(this.#weight) + 0.5 * Math.log(target));
      this.#weight = Math.max(1e-4, Math.min(1e4, this.#weight));
    }
    sumX.fill(0);
    sumY.fill(0);
    this.#since = 0;
    this.#epoch = Math.min(LONGEST_EPOCH, Math.ceil(this.#epoch * 1.5));
    this.#transpose(y, this.#product);
  }
}

function grown(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(values);
  return larger;
}
