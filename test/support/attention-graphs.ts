// Random networks that also have what ConvNeXt and transformers are made of.
import type { GraphBuilder } from './graph-builder.js';
import type { Random } from './random.js';
import { each, commonGrowths, randomGraph, type Growth, type RandomGraph } from './random-graphs.js';

/** As `randomGraph`, drawn from every operation of `graph.ts`. */
export function attentionGraph(seed: number): RandomGraph {
  return randomGraph(seed, [
    ...commonGrowths,
    layerNorm,
    layerNorm,
    attention,
    attention,
    root,
    curve,
    curve,
  ]);
}

const curve: Growth = (random, builder, x) => builder.node({ op: random.pick(['erf', 'gelu']) }, x);

const layerNorm: Growth = (random, builder, x) => {
  const { length } = builder.shape(x);
  const axis = random.integer(1, length - 1);
  const size = builder.shape(x)[axis];
  if (size < 3) return null;
  // Entries that repeat themselves, as padding makes them, have no gradient but rounding: they are told apart, by more
  // than the shift or the scale of all of them, which the operation takes away.
  const [factor, term] = [0, 1].map(() =>
    builder.constant(random.tensor([size, ...each(length - 1 - axis, () => 1)])),
  );
  const varied = builder.node({ op: 'add' }, builder.node({ op: 'mul' }, x, factor), term);
  const [scale, shift] = [random.uniform([size], 0.5, 1.5), random.tensor([size], 0.3)];
  const parameters = [builder.constant(scale), builder.constant(shift)];
  return builder.node({ op: 'layerNorm', axis, epsilon: random.pick([1e-2, 0.1]) }, varied, ...parameters);
};

/**
 * x weighted by how alike its rows are, as attention does without weights of its own; of maps also channel by channel,
 * which are then rows of the batch, as windows are.
 */
const attention: Growth = (random, builder, x) => {
  const whole = builder.shape(x);
  if (whole.length < 3) return null;
  if (whole.length === 4 && random.chance(0.5)) {
    const parts = builder.node({ op: 'reshape', shape: whole.slice(1) }, x);
    const attended = attend(random, builder, parts);
    return attended && builder.node({ op: 'reshape', shape: [...whole] }, attended);
  }
  return attend(random, builder, x);
};

function attend(random: Random, builder: GraphBuilder, x: string): string | null {
  const shape = builder.shape(x);
  const perm = shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  const [rows, depth] = shape.slice(-2);
  if (rows < 2 || rows > 40) return null;
  const scale = builder.constant({ data: Float32Array.of(random.real(0.5, 1) * depth ** -0.5), shape: [] });
  const scaled = builder.node({ op: 'mul' }, x, scale);
  const alike = builder.node({ op: 'matMul' }, scaled, builder.node({ op: 'transpose', perm }, x));
  const weights = builder.node({ op: 'softmax', axis: shape.length - 1 }, alike);
  return builder.node({ op: 'matMul' }, weights, x);
}

/** √ of something that stays away from 0, where its slope is infinite. */
const root: Growth = (_, builder, x) => {
  const half = builder.constant({ data: Float32Array.of(0.5), shape: [] });
  const positive = builder.node({ op: 'add' }, builder.node({ op: 'softplus' }, x), half);
  return builder.node({ op: 'sqrt' }, positive);
};
