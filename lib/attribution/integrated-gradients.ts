import type { CompiledNetwork, PathIntegrator } from '../engines/engine.js';
import { SmugError } from '../errors.js';
import { stacked, type Tensor } from '../tensor.js';
import {
  completenessError,
  DEFAULT_MAX_STEPS,
  DEFAULT_TOLERANCE,
  type AttributionOptions,
  type AttributionProgress,
  type AttributionScores,
  type AttributionTask,
  type KnownPath,
} from './attribution.js';
import type { PathEnds } from './boundary-layer.js';
import {
  FEWEST_REFINED,
  isWeighted,
  LARGEST_SMOOTH_RULE,
  PathRule,
  type Round,
  type WeightedRound,
} from './path-rule.js';
import { gaussLegendre } from './quadrature.js';
import { TopKStability } from './stability.js';

/** Rough paths, which `ROUGH` points chosen by values have not settled, are refined by slopes from gradients. */
const ROUGH = 63;
/**
 * Bytes of gradients kept for all paths where the engine does not count them itself; `maxSteps` is lowered to what
 * fits, though never below the smooth rules.
 */
const KEPT_GRADIENTS = 2 ** 30;
/**
 * A rule that misses more than this share of F(a) − F(a') may not have seen what matters most: that rules which are alike in that choose
 * the same nodes says nothing.
 */
const MOST_MISSED = 0.5;

/** A path among several that are integrated at once, and whoever asked for it. */
export interface AskedPath {
  readonly path: KnownPath;
  /** Nobody waits for it, or no longer; looked at between rounds. */
  readonly done: boolean;
  onProgress?(progress: AttributionProgress): void;
  /**
   * Told once, as soon as this path is done, while slower ones go on.
   * @param outOfRoom whether it would have gone on if the gradients of more points fitted in memory
   */
  onSettled(scores: AttributionScores, outOfRoom: boolean): void;
}

/**
 * Integrated gradients (Sundararajan, Taly, Yan 2017) of the first layer's nodes from a baseline a', zero
 * unless given: α(a_i) = (a_i − a'_i) ∫₀¹ ∂F/∂a_i (a' + α·(a − a')) dα.
 *
 * The quadrature grows until completeness, Σ α(a_i) = F(a) − F(a'), holds to the tolerance, or until the nodes of the highest scores are
 * settled; see `integrateEach`.
 */
export async function integratedGradients(
  { tail, activation, baseline, target, value, baselineValue }: AttributionTask,
  options: AttributionOptions = {},
): Promise<AttributionScores> {
  const path = { activation, baseline, target, value, baselineValue };
  if (options.sharedBatches) return options.sharedBatches.integrate(tail, path, options);
  const [result] = await integratePaths(tail, [path], options);
  return result;
}

/** Integrated gradients along several paths of one network at once, in their order; see `integrateEach`. */
export async function integratePaths(
  network: CompiledNetwork,
  paths: readonly KnownPath[],
  options: AttributionOptions = {},
): Promise<AttributionScores[]> {
  const results: AttributionScores[] = [];
  const asked = paths.map((path, at) => ({
    path,
    done: false,
    onProgress: options.onProgress,
    onSettled: (scores: AttributionScores) => void (results[at] = scores),
  }));
  await integrateEach(network, asked, options);
  return results;
}

/**
 * Integrated gradients along several paths of one network at once: the engine fills its batches from all of them.
 * Each path stops as soon as what `stop` asks for is met, and is handed out then.
 *
 * Which points, `PathRule` says, up to `maxSteps`. The best result seen is the path's: of the smallest completeness error, or, where the
 * nodes alone are to settle, of the most points.
 */
export async function integrateEach(
  network: CompiledNetwork,
  asked: readonly AskedPath[],
  options: Omit<AttributionOptions, 'onProgress'> = {},
): Promise<void> {
  const { tolerance = DEFAULT_TOLERANCE, topK, signal } = options;
  const byNodes = options.stop === 'top-k' && options.steps === undefined && topK !== undefined;
  const paths = asked.map(({ path }) => path);
  // A rule that was asked for is not refined: its sum alone says how good it is.
  const stability = options.steps === undefined && topK !== undefined ? (options.stability ?? 0) : 0;
  const ends = await pathEnds(network, paths, signal);
  const integrator = await network.integrator(
    paths.map(({ activation, baseline, target }) => ({ activation, baseline, target })),
  );
  try {
    const fitting = integrator.pointsThatFit ?? pointsThatFit(paths);
    if (options.steps !== undefined && options.steps > fitting)
      return await integrateInParts(network, asked, ends, options.steps, fitting, options);
    const wantedSteps = options.maxSteps ?? DEFAULT_MAX_STEPS;
    const maxSteps = Math.min(wantedSteps, fitting);
    const known = ends.map((end): Known => ({
      rule: new PathRule(end, maxSteps, options.steps),
      stability: null,
    }));
    let open = [...known.keys()];

    const evaluate = async (rounds: ReadonlyMap<number, Round>) => {
      const points = [...rounds].flatMap(([path, { alphas }]) =>
        Array.from(alphas, (alpha) => ({ path, alpha })),
      );
      const values = await integrator.evaluate(points, { signal });
      checkFinite(values);
      points.forEach(({ path, alpha }, at) => known[path].rule.take(alpha, values[at]));
    };
    /** What the halves of a rule say of the nodes; the rule may have had fewer points than the path has now. */
    const ofHalves = async (path: number, halves: readonly Float64Array[]): Promise<number | null> => {
      const { rule, stability } = known[path];
      if (stability === null) return null;
      const scores: Float32Array[] = [];
      for (const half of halves) {
        const weights = new Float64Array(rule.alphas.length);
        weights.set(half);
        scores.push(await integrator.combine(path, weights));
      }
      return stability.ofHalves(scores);
    };
    /** Whether the path is done, and handed out. */
    const settle = async (path: number, { weights, halves, first }: WeightedRound): Promise<boolean> => {
      const own = known[path];
      const steps = own.rule.alphas.length;
      const scores = await integrator.combine(path, weights());
      const error = completenessError(scores, ends[path].value - ends[path].baselineValue);
      if (first && topK) own.stability = new TopKStability(topK);
      if ((byNodes || stability > 0) && !own.best) await takeCoarseRule(integrator, path, own);
      const complete = error <= tolerance;
      const halved = halves?.();
      let topKStability: number | null = null;
      if (halved === undefined) topKStability = own.stability?.take(scores, error) ?? null;
      // Two sums more: only where whether the path is done hangs on them.
      else if (byNodes || (complete && stability > 0)) topKStability = await ofHalves(path, halved);
      const settled = topKStability !== null && topKStability >= stability;
      const converged = byNodes ? settled && error <= MOST_MISSED : complete && (stability === 0 || settled);
      // Within the tolerance a finer rule is the better one, whatever rounding says of its sum.
      if (!own.best || byNodes || complete || error <= own.best.completenessError!) {
        own.best = { scores, completenessError: error, steps, converged, topKStability };
        own.halved = halved;
      }
      asked[path].onProgress?.({ steps, completenessError: error });
      const goesOnUpTo = (most: number) =>
        !converged && options.steps === undefined && most - steps >= FEWEST_REFINED;
      if (goesOnUpTo(maxSteps)) return false;
      if (own.halved !== undefined) own.best.topKStability ??= await ofHalves(path, own.halved);
      asked[path].onSettled({ ...own.best, steps }, goesOnUpTo(wantedSteps));
      return true;
    };

    while (open.length > 0) {
      const rounds = new Map<number, Round>();
      for (const path of open) {
        const { rule } = known[path];
        if (rule.alphas.length >= ROUGH) await findSlopes(integrator, path, rule);
        rounds.set(path, rule.next());
      }
      await evaluate(rounds);
      const stillOpen: number[] = [];
      for (const [path, round] of rounds)
        if (!asked[path].done && !(isWeighted(round) && (await settle(path, round)))) stillOpen.push(path);
      open = stillOpen;
    }
  } finally {
    integrator.dispose();
  }
}

/**
 * One rule of `steps` steps, of which only some fit in memory at once: its weights are known, so partial sums are
 * enough. They differ from the whole sum by rounding.
 */
async function integrateInParts(
  network: CompiledNetwork,
  asked: readonly AskedPath[],
  ends: readonly PathEnds[],
  steps: number,
  fitting: number,
  { tolerance = DEFAULT_TOLERANCE, signal }: AttributionOptions,
): Promise<void> {
  const { points, weights } = gaussLegendre(steps);
  const sums = asked.map(({ path }) => new Float64Array(path.activation.data.length));
  for (let first = 0; first < steps; first += fitting) {
    const integrator = await network.integrator(
      asked.map(({ path: { activation, baseline, target } }) => ({ activation, baseline, target })),
    );
    try {
      const part = [...points.subarray(first, first + fitting)];
      const all = asked.flatMap((_, path) => part.map((alpha) => ({ path, alpha })));
      checkFinite(await integrator.evaluate(all, { signal }));
      for (const [path, sum] of sums.entries()) {
        const scores = await integrator.combine(path, weights.slice(first, first + fitting));
        for (let i = 0; i < sum.length; i++) sum[i] += scores[i];
      }
    } finally {
      integrator.dispose();
    }
  }
  for (const [path, sum] of sums.entries()) {
    const scores = Float32Array.from(sum);
    const error = completenessError(scores, ends[path].value - ends[path].baselineValue);
    asked[path].onProgress?.({ steps, completenessError: error });
    const converged = error <= tolerance;
    asked[path].onSettled({ scores, completenessError: error, steps, converged, topKStability: null }, false);
  }
}

function pointsThatFit(paths: readonly KnownPath[]): number {
  const bytes = paths.reduce((sum, { activation }) => sum + 4 * activation.data.length, 0);
  return Math.max(LARGEST_SMOOTH_RULE, Math.floor(KEPT_GRADIENTS / Math.max(1, bytes)));
}

/** Points and weights of Gauss's rule of three points, which those of seven include (Patterson 1968). */
const COARSE_RULE = [-1, 0, 1].map((side) => ({
  alpha: 0.5 + (side * Math.sqrt(0.6)) / 2,
  weight: side === 0 ? 4 / 9 : 5 / 18,
}));

/** What three of the first rule's points alone would choose: something to compare its choice with, for no gradient. */
async function takeCoarseRule(integrator: PathIntegrator, path: number, known: Known): Promise<void> {
  const { alphas } = known.rule;
  const weights = new Float64Array(alphas.length);
  for (const { alpha, weight } of COARSE_RULE) {
    const at = alphas.findIndex((one) => Math.abs(one - alpha) < 1e-9);
    if (at < 0) return;
    weights[at] = weight;
  }
  known.stability?.take(await integrator.combine(path, weights), Infinity);
}

interface Known {
  rule: PathRule;
  /** Of the rules of the kind that is at work. */
  stability: TopKStability | null;
  best?: AttributionScores;
  /** What points weigh in the halves of the best rule, where it has halves. */
  halved?: Float64Array[];
}

/** The slope at a point is the sum of the scores of a rule that has this point alone. */
async function findSlopes(integrator: PathIntegrator, path: number, rule: PathRule): Promise<void> {
  if (integrator.slopes !== undefined) {
    rule.slopes = [...(await integrator.slopes(path))];
    return;
  }
  const slopes = [...rule.slopes];
  while (slopes.length < rule.alphas.length) {
    const weights = new Float64Array(rule.alphas.length);
    weights[slopes.length] = 1;
    const scores = await integrator.combine(path, weights);
    slopes.push(scores.reduce((sum, score) => sum + score, 0));
  }
  rule.slopes = slopes;
}

/** F at zero activations depends on the network alone: kept with it. */
const zeroOutputs = new WeakMap<CompiledNetwork, Promise<Float32Array>>();

/** F at both ends of every path, running forward only what is not known. */
async function pathEnds(
  network: CompiledNetwork,
  paths: readonly KnownPath[],
  signal: AbortSignal | undefined,
): Promise<PathEnds[]> {
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
  const known = ends.map(({ value, baselineValue }) => ({ value: value!, baselineValue: baselineValue! }));
  checkFinite(known.map(({ value, baselineValue }) => value - baselineValue));
  return known;
}

/** F of every class at zero activations. */
export function outputsAtZero(network: CompiledNetwork, like: Tensor): Promise<Float32Array> {
  const known = zeroOutputs.get(network);
  if (known !== undefined) return known;
  const zero = { data: new Float32Array(like.data.length), shape: like.shape };
  const running = network.forward([zero]).then(([outputs]) => outputs.data);
  zeroOutputs.set(network, running);
  running.catch(() => zeroOutputs.delete(network));
  return running;
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
