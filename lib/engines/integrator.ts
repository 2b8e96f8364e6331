import { SmugError, throwIfAborted } from '../errors.js';
import { shapeOf, type Graph } from '../graph/graph.js';
import { sameShape, sizeOf, zeros, type Tensor } from '../tensor.js';
import type { CompiledNetwork, IntegrationPath, PathIntegrator, PathPoint } from './engine.js';

/** Points that every path may have, however little memory there is. */
const FEWEST_POINTS = 16;

/**
 * A path integrator for any engine that has `gradient`: keeps one float32 gradient per point and sums them in
 * float64. `microBatch` is the number of points that run at once; the signal is looked at between them. The gradients
 * kept stay within `memoryBudget` bytes, or are 16 per path where that is more.
 *
 * @throws RangeError when a path's shapes are not those of the graph's single input at batch size 1.
 */
export function gradientIntegrator(
  network: Pick<CompiledNetwork, 'gradient'>,
  graph: Graph,
  paths: readonly IntegrationPath[],
  microBatch: number,
  memoryBudget: number,
): PathIntegrator {
  const shape = checkPaths(graph, paths);
  const kept: Float32Array[][] = paths.map(() => []);
  const slopes: number[][] = paths.map(() => []);
  const bytesPerPoint = 4 * sizeOf(shape) * Math.max(1, paths.length);
  const pointsThatFit = Math.max(FEWEST_POINTS, Math.floor(memoryBudget / bytesPerPoint));
  let disposed = false;

  const alive = () => {
    if (disposed) throw new Error('the path integrator was disposed');
  };

  return {
    pointsThatFit,

    async evaluate(points, options = {}) {
      alive();
      points.forEach((point, i) => checkPoint(point, i, paths.length));
      checkRoom(
        points,
        kept.map(({ length }) => length),
        pointsThatFit,
      );
      const values = new Float64Array(points.length);
      // Kept only once all have run: a cancelled call leaves the paths as they were.
      const found: Float32Array[] = [];
      for (let first = 0; first < points.length; first += microBatch) {
        throwIfAborted(options.signal);
        const batch = points.slice(first, first + microBatch);
        const inputs = [pointsOnPaths(paths, batch, shape)];
        const targets = batch.map(({ path }) => paths[path].target);
        const result = await network.gradient({ inputs, targets, signal: options.signal });
        alive();
        values.set(result.values, first);
        const length = sizeOf(shape);
        for (let i = 0; i < batch.length; i++) {
          found.push(result.gradients.data.slice(i * length, (i + 1) * length));
        }
      }
      points.forEach(({ path }, i) => kept[path].push(found[i]));
      return values;
    },

    async combine(path, weights) {
      alive();
      checkPath(path, paths.length);
      if (weights.length !== kept[path].length) {
        throw new RangeError(
          `weights: path ${path} has ${kept[path].length} evaluated points, got ${weights.length} weights`,
        );
      }
      return weightedSum(paths[path], kept[path], weights);
    },

    async slopes(path) {
      alive();
      checkPath(path, paths.length);
      while (slopes[path].length < kept[path].length) {
        slopes[path].push(slopeAlong(paths[path], kept[path][slopes[path].length]));
        await new Promise((resolve) => setImmediate(resolve));
        alive();
      }
      return Float64Array.from(slopes[path]);
    },

    dispose() {
      disposed = true;
      kept.length = 0;
    },
  };
}

function slopeAlong({ activation, baseline }: IntegrationPath, gradient: Float32Array): number {
  let slope = 0;
  for (let i = 0; i < gradient.length; i++) {
    slope += (activation.data[i] - (baseline?.data[i] ?? 0)) * gradient[i];
  }
  return slope;
}

/** (a − baseline) ⊙ Σ_s w_s g_s, summed in the points' order. */
async function weightedSum(
  { activation, baseline }: IntegrationPath,
  gradients: readonly Float32Array[],
  weights: Float64Array,
): Promise<Float32Array> {
  const sums = new Float64Array(activation.data.length);
  for (const [s, gradient] of gradients.entries()) {
    const weight = weights[s];
    for (let i = 0; i < sums.length; i++) sums[i] += weight * gradient[i];
    // Hundreds of points on a large layer take long enough to be felt: let other work in between.
    if (s % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
  }
  const result = new Float32Array(sums.length);
  for (let i = 0; i < sums.length; i++) {
    result[i] = sums[i] * (activation.data[i] - (baseline?.data[i] ?? 0));
  }
  return result;
}

/** The activations at each point, baseline + α·(activation − baseline), one after another along axis 0. */
function pointsOnPaths(
  paths: readonly IntegrationPath[],
  points: readonly PathPoint[],
  shape: readonly number[],
): Tensor {
  const batch = zeros([points.length, ...shape.slice(1)]);
  const length = sizeOf(shape);
  points.forEach(({ path, alpha }, n) => {
    const { activation, baseline } = paths[path];
    for (let i = 0; i < length; i++) {
      const start = baseline?.data[i] ?? 0;
      batch.data[n * length + i] = start + alpha * (activation.data[i] - start);
    }
  });
  return batch;
}

export function checkPaths(graph: Graph, paths: readonly IntegrationPath[]): readonly number[] {
  if (graph.inputs.length !== 1) {
    throw new RangeError(`integrator: the network must have one input, it has ${graph.inputs.length}`);
  }
  const shape = shapeOf(graph, graph.inputs[0]);
  if (shape[0] !== 1) {
    throw new RangeError(`integrator: the network must be instantiated with batch size 1, not ${shape[0]}`);
  }
  paths.forEach(({ activation, baseline }, i) => {
    for (const [name, tensor] of Object.entries({ activation, baseline })) {
      if (tensor === undefined) continue;
      if (!sameShape(tensor.shape, shape) || tensor.data.length !== sizeOf(shape)) {
        throw new RangeError(
          `paths[${i}].${name} has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`,
        );
      }
    }
  });
  return shape;
}

/** @throws SmugError OUT_OF_MEMORY when a path would have more points than fit */
export function checkRoom(points: readonly PathPoint[], evaluated: readonly number[], fitting: number): void {
  const counts = [...evaluated];
  for (const { path } of points) counts[path]++;
  const most = Math.max(...counts);
  if (most <= fitting) return;
  throw new SmugError(
    'OUT_OF_MEMORY',
    `The gradients of ${most} points per path were asked for; ${fitting} fit in memoryBudget. Give a larger ` +
      'memoryBudget, fewer points, or fewer paths at once.',
  );
}

export function checkPoint({ path, alpha }: PathPoint, index: number, paths: number): void {
  checkPath(path, paths);
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`points[${index}].alpha is ${alpha}, expected a number from 0 to 1`);
  }
}

export function checkPath(path: number, paths: number): void {
  if (!Number.isInteger(path) || path < 0 || path >= paths) {
    throw new RangeError(`path ${path} does not exist; there are ${paths}`);
  }
}
