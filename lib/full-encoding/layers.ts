/**
 * A network as the search sees it: a chain of sums, ReLUs and maxima over flat vectors, batch 1. Weights are the model's
 * float32 numbers, held as float64, and mean themselves: the network is the one that computes with real numbers.
 */
export interface LayeredNetwork {
  /** The first is linear, its columns are the elements of X; the last gives the logits. */
  layers: Layer[];
  /** Products of the linear layers: what one run costs. */
  products: number;
}

export type Layer = LinearLayer | ReluLayer | MaxLayer;

/** outputs = (W · inputs) / divisor + bias, W by rows. */
export interface LinearLayer extends Rows {
  kind: 'linear';
  weights: Float64Array;
  /** A whole number; 1 but for averages, whose weights are whole numbers over it. */
  divisor: number;
  bias: Float64Array;
}

/** outputs = max(0, inputs), element by element. */
interface ReluLayer {
  kind: 'relu';
  inputs: number;
  outputs: number;
}

/** Every output is the largest of some inputs. */
export interface MaxLayer extends Rows {
  kind: 'max';
}

/** Output i reads the inputs `columns[offsets[i]]` to `columns[offsets[i + 1] - 1]`. */
interface Rows {
  inputs: number;
  outputs: number;
  offsets: Int32Array;
  columns: Int32Array;
}
