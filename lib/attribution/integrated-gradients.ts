import type { CompiledNetwork, IntegrationPath, PathIntegrator } from '../engines/engine.js';
import { SmugError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import {
  completenessError,
  type AttributionOptions,
  type AttributionScores,
  type AttributionTask,
} from './attribution.js';
import { gaussLegendre, gaussPatterson, type NestedRule } from './quadrature.js';

const DEFAULT_TOLERANCE = 0.01;

/** A straight path and, where known, the outputs at its ends. */
export interface KnownPath extends IntegrationPath {
  /** F(activation). */
  value?: number;
  /** F(baseline). */
  baselineValue?: number;
}

/**
 * Integrated gradients (Sundararajan, Taly, Yan 2017) of the first layer's nodes, baseline 0:
 * α(a_i) = a_i ∫₀¹ ∂F/∂a_i (α·a) dα.
 *
 * The integral is a Gauss–Patterson rule that grows until completeness, Σ α(a_i) = F(a) − F(0), holds to the
 * tolerance; points once evaluated stay in use.
 */
export async function integratedGradients(
  { tail, activation, target, value }: AttributionTask,
  options: AttributionOptions = {},
): Promise<AttributionScores> {
  const [result] = await integratePaths(tail, [{ activation, target, value }], options);
  return result;
}

/**
 * Integrated gradients along several paths of one network at once: the engine fills its batches from all of them.
 * Each path stops as soon as its own completeness error is met.
 */
export async function integratePaths(
  network: CompiledNetwork,
  paths: readonly KnownPath[],
  options: AttributionOptions = {},
): Promise<AttributionScores[]> {
  const { tolerance = DEFAULT_TOLERANCE, signal, onProgress } = options;
  const differences = await endDifferences(network, paths, signal);
  const integrator = await network.integrator(
    paths.map(({ activation, baseline, target }) => ({ activation, baseline, target })),
  );
  try {
    const results: (AttributionScores | undefined)[] = paths.map(() => undefined);
    let open = paths.map((_, path) => path);
    const levels = levelsFor(options);
    for (const [index, level] of levels.entries()) {
      const points = open.flatMap((path) => Array.from(level.added, (alpha) => ({ path, alpha })));
      checkFinite(await integrator.evaluate(points, { signal }));
      const last = index === levels.length - 1;
      const stillOpen: number[] = [];
      for (const path of open) {
        const result = await scoresOf(integrator, path, level.weights, differences[path]);
        if (last || result.completenessError! <= tolerance) results[path] = result;
        else stillOpen.push(path);
        onProgress?.({ steps: result.steps, completenessError: result.completenessError });
      }
      open = stillOpen;
      if (open.length === 0) break;
    }
    return results as AttributionScores[];
  } finally {
    integrator.dispose();
  }
}

async function scoresOf(
  integrator: PathIntegrator,
  path: number,
  weights: Float64Array,
  difference: number,
): Promise<AttributionScores> {
  const scores = await integrator.combine(path, weights);
  return { scores, completenessError: completenessError(scores, difference), steps: weights.length };
}

/** The nested levels within `maxSteps`, or the one Gauss–Legendre rule that was asked for. */
function levelsFor({ steps, maxSteps = 63 }: AttributionOptions): NestedRule['levels'] {
  if (steps !== undefined) {
    const rule = gaussLegendre(steps);
    return [{ size: steps, added: rule.points, weights: rule.weights }];
  }
  const within = gaussPatterson().levels.filter((level) => level.size <= maxSteps);
  if (within.length > 0) return within;
  const rule = gaussLegendre(maxSteps);
  return [{ size: maxSteps, added: rule.points, weights: rule.weights }];
}

/** F at zero activations depends on the network alone: kept with it. */
const zeroOutputs = new WeakMap<CompiledNetwork, Promise<Float32Array>>();

/** F(activation) − F(baseline) of every path, running forward only what is not known. */
async function endDifferences(
  network: CompiledNetwork,
  paths: readonly KnownPath[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const unknown: { tensor: Tensor; use: (outputs: Float32Array) => void }[] = [];
  const ends = paths.map(({ value, baselineValue }) => ({ value, baselineValue }));
  paths.forEach(({ activation, baseline, target }, path) => {
    if (ends[path].value === undefined)
      unknown.push({ tensor: activation, use: (outputs) => (ends[path].value = outputs[target]) });
    if (ends[path].baselineValue === undefined && baseline !== undefined)
      unknown.push({ tensor: baseline, use: (outputs) => (ends[path].baselineValue = outputs[target]) });
  });
  if (unknown.length > 0) {
    const [outputs] = await network.forward([stacked(unknown.map(({ tensor }) => tensor))], { signal });
    const classes = outputs.data.length / unknown.length;
    unknown.forEach(({ use }, at) => use(outputs.data.subarray(at * classes, (at + 1) * classes)));
  }
  for (const [path, end] of ends.entries()) {
    if (end.baselineValue === undefined) {
      const outputs = await outputsAtZero(network, paths[path].activation);
      end.baselineValue = outputs[paths[path].target];
    }
  }
  const differences = ends.map(({ value, baselineValue }) => value! - baselineValue!);
  checkFinite(differences);
  return differences;
}

function outputsAtZero(network: CompiledNetwork, like: Tensor): Promise<Float32Array> {
  const known = zeroOutputs.get(network);
  if (known !== undefined) return known;
  const zero = { data: new Float32Array(like.data.length), shape: like.shape };
  const running = network.forward([zero]).then(([outputs]) => outputs.data);
  zeroOutputs.set(network, running);
  running.catch(() => zeroOutputs.delete(network));
  return running;
}

/** Tensors of batch size 1 as one batch. */
export function stacked(tensors: readonly Tensor[]): Tensor {
  const shape = [tensors.length, ...tensors[0].shape.slice(1)];
  const data = new Float32Array(sizeOf(shape));
  tensors.forEach((tensor, at) => data.set(tensor.data, at * tensor.data.length));
  return { data, shape };
}

function checkFinite(values: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) {
      throw new SmugError(
        'ENGINE_FAILED',
        `The network's output is ${values[at]} on the path of integration; finite numbers are expected. ` +
          'Check the input and the model for values that overflow float32.',
      );
    }
  }
}
