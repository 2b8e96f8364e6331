import { setImmediate } from 'node:timers/promises';
import { badOption, SmugError, throwIfAborted } from '../errors.js';
import type { FirstLayer } from '../graph/split.js';
import type { ClassNames } from '../input/class-names.js';
import { cellGrid, type CellGrid, type InputGeometry } from '../masks/cells.js';
import { chooseRows, type ChosenRows } from './choose-rows.js';
import { gapOf } from '../masks/gap.js';
import { sizeOfMask } from '../masks/mask-cost.js';
import { nodeCount } from '../masks/branch-nodes.js';
import { keptArea, scoreCells } from '../masks/window-mask.js';
import { groupByWord, scoreWords, type WordCells } from '../masks/word-cells.js';
import type { MaskSolution } from '../solvers/solution.js';
import type { Model } from '../model/model.js';
import type { ImageBaselines } from '../model/model-image.js';
import { solveMask } from '../solvers/solve-mask.js';
import type { Tensor } from '../tensor.js';
import type { ExplanationParameters } from '../api/explanation.js';
import { disjointMasks } from './disjoint-masks.js';
import type { Explanation, ExplanationTiming } from './explanation.js';
import { splitFor, viewedOutput, type InputView } from './first-layer.js';
import { fileLayout } from './file-layout.js';
import type { ExplainSettings, ScoreRule } from './options.js';
import { maskedInput } from './masked-input.js';
import { maskSizeNotes } from './mask-size-notes.js';
import { readingNotes } from './reading-notes.js';
import { maskedScores, scorePixels } from './score.js';
import { SeenInput } from './seen-input.js';
import type { MaskedOutputs } from './sufficiency.js';
import type { NodeAttribution } from './attribute-nodes.js';

/** What the kind of input decides. */
export interface InputDefaults {
  topK: (layer: FirstLayer, grid: { height: number; width: number }) => number;
  /** Side of a mask cell. */
  window: (grid: { height: number; width: number }) => number;
  /** Where the first layer finds the input's positions. */
  geometry: (layer: FirstLayer, channelsLast: boolean) => InputGeometry;
  /** Texts: the word at every position. Masks and scores are then per word. */
  words?: WordCells;
}

/** An input on its way into a model. */
export interface PreparedInput {
  /** Batch 1, in the model file's own layout. */
  tensor: Tensor;
  classNames: ClassNames | null;
  baselines?: ImageBaselines;
  /** What stands in place of hidden pixels, like `tensor`, and its name; null: zeros at the first layer. */
  blank?: { name: string; tensor: Tensor | null };
  /** When the reading of it began, on the clock of `performance.now`. */
  startedAt: number;
}

/** Everything that is settled before the network runs. */
interface ExplanationPlan {
  topK: number;
  window: number;
  geometry: InputGeometry;
  /** Over the positions of the first layer's input. */
  positions: CellGrid;
  /** What the mask is over: the same, or a strip of words. */
  grid: CellGrid;
  words?: WordCells;
}

/** An explanation without what depends on the kind of input. */
type ExplainedInput = Omit<Explanation, 'input' | 'sufficiency' | 'toJSON'>;

/** An explanation, and the network on parts of its input. */
export interface ExplainedAndMasked {
  explained: ExplainedInput;
  masked: MaskedOutputs;
}

/** Everything the solver and the scores need. */
export interface ExplanationRows {
  plan: ExplanationPlan;
  view: InputView;
  rows: ChosenRows;
}

/** What hidden positions become unless somebody says otherwise: zeros at the first layer. */
const ZERO_BLANK = { name: 'zero', tensor: null };

/**
 * Steps 1 and 2 of the method, and what is settled before them for each of some settings that differ in what comes after.
 * @throws as `explainInput`, without the solver's
 */
async function seeInput(
  model: Model,
  { tensor, classNames, baselines, blank = ZERO_BLANK }: PreparedInput,
  settings: readonly ExplainSettings[],
  defaults: InputDefaults,
): Promise<{ plans: ExplanationPlan[]; seen: SeenInput }> {
  const plans = settings.map((one) => planExplanation(model, tensor, one, defaults));
  const topK = [...new Set(plans.map((plan) => plan.topK))];
  const input = { tensor, classNames, baselines, blank: blank.tensor, topK };
  return { plans, seen: await SeenInput.see(model, input, settings[0]) };
}

/**
 * Steps 1 to 4 of the method: the network's view of the input, the nodes that matter and a row for each.
 * @throws as `explainInput`, without the solver's
 */
export async function prepareRows(
  model: Model,
  input: PreparedInput,
  settings: ExplainSettings,
  defaults: InputDefaults,
): Promise<ExplanationRows> {
  const { plans, seen } = await seeInput(model, input, [settings], defaults);
  return rowsOf(seen, plans[0], settings);
}

/** Steps 3 and 4: the nodes that matter and a row for each. */
async function rowsOf(
  seen: SeenInput,
  plan: ExplanationPlan,
  settings: ExplainSettings,
): Promise<ExplanationRows> {
  return { plan, view: seen.view, rows: await chooseRows(seen, plan, settings) };
}

/**
 * SMUG_base, the method without its mask: the union of the chosen nodes' receptive fields, scored as SMUG scores.
 * @throws as `explainInput`, without the solver's
 */
export async function scoreWithoutMask(
  model: Model,
  input: PreparedInput,
  settings: ExplainSettings,
  defaults: InputDefaults,
): Promise<{ scores: Float32Array; attribution: NodeAttribution }> {
  const prepared = await prepareRows(model, input, settings, defaults);
  return { scores: baseScores(prepared, settings.score), attribution: prepared.rows.attribution };
}

/** One score per position of the mask's grid: per pixel, or per word. */
function baseScores({ plan, view, rows }: ExplanationRows, score: ScoreRule): Float32Array {
  const { geometry, positions, words } = plan;
  const { selected, attribution } = rows;
  const scores = scorePixels(view.split.layer, geometry, positions, selected, attribution.scores, score);
  return words ? scoreWords(scores, words, score) : scores;
}

/**
 * The method from its first step to its last, the same for images and texts; and the network with cells hidden, for whoever asks
 * whether it still sees the class.
 * @throws RangeError when topK exceeds the first layer or the window the input; SmugError UNSUPPORTED_MODEL,
 *   UNKNOWN_CLASS, ENGINE_FAILED, SOLVER_UNAVAILABLE, SOLVER_FAILED, ABORTED
 */
export async function explainInput(
  model: Model,
  input: PreparedInput,
  settings: ExplainSettings,
  defaults: InputDefaults,
): Promise<ExplainedAndMasked> {
  const loaded = performance.now();
  const { plans, seen } = await seeInput(model, input, [settings], defaults);
  return explainSeen(seen, plans[0], input, settings, loaded);
}

/**
 * The same under several settings, in their order, which differ in top-k, gamma, window or score alone: the network is run and its nodes are
 * attributed once, refined until the nodes of every top-k are as stable as was asked. Each one's timing is its own; the first one's has
 * the attribution that they share.
 * @throws as `explainInput`
 */
export async function* explainUnderEach(
  model: Model,
  input: PreparedInput,
  settings: readonly ExplainSettings[],
  defaults: InputDefaults,
): AsyncGenerator<ExplainedAndMasked, void, void> {
  let loaded = performance.now();
  let { startedAt } = input;
  const { plans, seen } = await seeInput(model, input, settings, defaults);
  for (const [at, plan] of plans.entries()) {
    yield explainSeen(seen, plan, { ...input, startedAt }, settings[at], loaded);
    startedAt = loaded = performance.now();
  }
}

/** Steps 3 to 6. @param loaded when steps 1 and 2 began, on the clock of `performance.now` */
async function explainSeen(
  seen: SeenInput,
  plan: ExplanationPlan,
  input: Pick<PreparedInput, 'blank' | 'startedAt'>,
  settings: ExplainSettings,
  loaded: number,
): Promise<ExplainedAndMasked> {
  const { model, view } = seen;
  const prepared = await rowsOf(seen, plan, settings);
  const { rows } = prepared;
  const attributed = performance.now();
  const parameters: ExplanationParameters = {
    topK: plan.topK,
    gamma: settings.gamma,
    evidence: rows.evidence,
    blank: (input.blank ?? ZERO_BLANK).name,
    window: plan.window,
    score: settings.score,
    attribution: settings.attribution,
    output: rows.attribution.output,
    tolerance: settings.tolerance,
    stop: rows.attribution.stop,
    stability: rows.attribution.stability,
    maxSteps: settings.maxSteps,
    steps: settings.steps ?? null,
    timeLimit: settings.timeLimit,
    solutions: settings.solutions,
    seed: settings.seed,
  };
  const { encodingMs, solveMs, ...explained } = await solveRows(model, prepared, parameters, settings);
  const result = {
    ...explained,
    timing: {
      loadMs: loaded - input.startedAt,
      attributionMs: attributed - loaded - rows.encodingMs,
      encodingMs,
      solveMs,
      totalMs: performance.now() - input.startedAt,
    },
    files: [],
  };
  return {
    explained: result,
    masked: maskedInput(model, view, plan.geometry, plan.positions, seen.blank.x),
  };
}

/** Puts options and defaults together and checks them against the model, before any work is done. */
function planExplanation(
  model: Model,
  input: Tensor,
  settings: ExplainSettings,
  defaults: InputDefaults,
): ExplanationPlan {
  const { layer } = splitFor(model, input, viewedOutput(settings));
  const nodes = nodeCount(layer);
  const { topK, window } = settings;
  if (topK !== 'auto' && topK > nodes)
    throw badOption('topK', topK, `at most ${nodes}, the number of nodes in the model's first layer`);
  const geometry = defaults.geometry(layer, model.file.layout === 'channels-last');
  const plan = {
    topK: topK === 'auto' ? Math.min(defaults.topK(layer, geometry), nodes) : topK,
    window: window === 'auto' ? defaults.window(geometry) : window,
  };
  const positions = cellGrid(geometry, plan.window);
  const { words } = defaults;
  const grid = words ? { ...positions, width: words.words, columns: words.words } : positions;
  return { ...plan, geometry, positions, grid, words };
}

/** Steps 5 and 6 of the method: minimise, score. */
async function solveRows(
  model: Model,
  prepared: ExplanationRows,
  parameters: ExplanationParameters,
  settings: ExplainSettings,
): Promise<Omit<ExplainedInput, 'timing' | 'files'> & Pick<ExplanationTiming, 'encodingMs' | 'solveMs'>> {
  // Whoever serves others gives way between the rows and the scores of cells, and before the solver.
  await setImmediate();
  const start = performance.now();
  const { core, certificate, confirm, solver, threads, signal, onProgress } = settings;
  const { grid, words } = prepared.plan;
  const { split, target } = prepared.view;
  const { constrained, metByBlank, selected, attribution, notes, encodingMs } = prepared.rows;
  const { height, width, window } = grid;
  onProgress?.({ phase: 'encoding', grid: { height, width, window } });
  const problem = words ? groupByWord(prepared.rows.problem, words) : prepared.rows.problem;
  const baseSaliency = baseScores(prepared, parameters.score);
  problem.weights = scoreCells(grid, baseSaliency);
  const encoded = performance.now();

  await setImmediate();
  throwIfAborted(signal);
  const { timeLimit, seed } = parameters;
  const asked = { timeLimit, certificate, confirm, seed, solver, threads, signal };
  const solution = await solveMask(problem, {
    ...asked,
    solutions: parameters.solutions,
    core,
    onProgress: onProgress && ((progress) => onProgress({ phase: 'solving', ...progress })),
  });
  const cells = keptCells(solution, grid);
  const size = sizeOfMask(cells);
  const share = keptArea({ ...grid, cells });
  const nodes = { selected: selected.length, constrained: constrained.length, metByBlank };
  return {
    model: model.file.source,
    target,
    parameters,
    nodes,
    mask: {
      height: grid.height,
      width: grid.width,
      window: grid.window,
      size,
      sparsity: share,
      cells,
      ...(solution.core && { core: solution.core }),
    },
    certificate: {
      status: solution.mask === null ? 'feasible' : solution.status,
      lowerBound: solution.lowerBound,
      gap: gapOf(cells, size, solution.lowerBound),
      ...(solution.confirmed !== undefined && { confirmed: solution.confirmed }),
      ...(solution.provers && { provers: solution.provers }),
      ...(solution.heaviest && { heaviest: solution.heaviest }),
      ...(solution.report && { report: solution.report }),
    },
    attribution: {
      method: parameters.attribution,
      steps: attribution.steps,
      completenessError: attribution.completenessError,
      converged: attribution.converged,
      topKStability: attribution.topKStability,
    },
    notes: [
      ...readingNotes(model.file, split),
      ...notes,
      ...maskSizeNotes({
        size,
        cells: cells.length,
        share,
        nodes,
        proven: solution.mask !== null && solution.status === 'optimal',
        gamma: parameters.gamma,
        evidence: parameters.evidence,
      }),
    ],
    engine: model.engine.name,
    solver: solution.backend,
    saliency: maskedScores({ ...grid, cells }, baseSaliency),
    baseSaliency,
    scores: fileLayout(model.file.layout, split.layer, attribution.scores),
    problem,
    solution,
    ...(settings.disjoint > 1 && {
      disjoint: await disjointMasks(problem, cells, settings.disjoint - 1, (left) => solveMask(left, asked)),
    }),
    encodingMs: encodingMs + encoded - start,
    solveMs: performance.now() - encoded,
  };
}

/** The solver's mask; where it was cut off before it had one, the whole input, which satisfies every row. */
function keptCells(solution: MaskSolution, grid: CellGrid): Uint8Array {
  if (solution.status === 'infeasible') {
    throw new SmugError(
      'SOLVER_FAILED',
      `${solution.backend} says that no mask satisfies the rows, yet the whole input does: the solver is wrong. ` +
        'Try the other solver (--solver native or wasm) and report this.',
    );
  }
  return solution.mask ?? new Uint8Array(grid.rows * grid.columns).fill(1);
}
