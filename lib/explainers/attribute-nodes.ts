import type { AttributionOptions, AttributionScores, AttributionTask } from '../attribution/attribution.js';
import { outputsAtZero } from '../attribution/integrated-gradients.js';
import { attributionMethods } from '../attribution/methods.js';
import type { CompiledNetwork } from '../engines/engine.js';
import { SmugError } from '../errors.js';
import { differenceOf } from '../graph/difference.js';
import type { OutputKind } from '../graph/split.js';
import { withoutUnread } from '../masks/branch-nodes.js';
import type { Model } from '../model/model.js';
import type { ImageBaselines } from '../model/model-image.js';
import type { Tensor } from '../tensor.js';
import type { InputView } from './first-layer.js';
import { attributionOptions, type AttributeSettings } from './options.js';
import type { Target } from './target.js';

/** Below this difference between the path's ends a probability is flat: nothing is left to attribute. */
const FLAT = 1e-3;
/** With `--output auto` or `--stop top-k`, and k known, the share of the top k that must survive convergence. */
const STABILITY = 0.97;
/** The methods whose quadrature grows until what was asked for is settled. */
const REFINED: readonly string[] = ['integrated-gradients', 'integrated-gradients-black-white'];

export interface NodeAttribution extends AttributionScores {
  /** What was attributed. */
  output: AttributedOutput;
  /** What had to be settled: `sum` also where there is no quadrature that could stop. */
  stop: Stop;
  /** The share of the top k that was asked for. */
  stability: number;
  /** Sentences on what was chosen and what was missed. */
  notes: string[];
}

/** `value`: also minus it, where values below a reference are explained. */
export type AttributedOutput = Exclude<OutputKind, 'negated value'>;

type Stop = NonNullable<AttributionOptions['stop']>;

export interface NodePath {
  /** The activations that the path begins from; absent: zeros. */
  baseline?: Tensor;
  /** How many nodes will be chosen, one number or several; absent: nobody chooses, and their stability is not looked at. */
  topK?: number | readonly number[];
  baselines?: ImageBaselines;
}

/**
 * Step 2 of the method: scores the first layer's nodes. With `--output auto` the probability is attributed, or the logit
 * where the probability is flat or its attribution does not converge: a saturated softmax hides what a logit shows. With `steps`, without k
 * and with methods that refine nothing `stop` is `sum`.
 * @throws SmugError NOT_CONVERGED with `strict`, ENGINE_FAILED, ABORTED
 */
export async function attributeNodes(
  model: Model,
  view: InputView,
  settings: AttributeSettings,
  path: NodePath,
): Promise<NodeAttribution> {
  const refined = settings.steps === undefined && REFINED.includes(settings.attribution);
  const stop = refined && path.topK !== undefined ? (settings.stop ?? 'sum') : 'sum';
  const stability = settings.stability ?? (settings.output === 'auto' || stop === 'top-k' ? STABILITY : 0);
  const asked = { stop, stability };
  const attempt: Attempting = (output, baselineValue) =>
    attributeOutput(model, view, settings, { ...path, ...asked, output, baselineValue });
  const chosen =
    settings.output === 'auto'
      ? await attributeEither(view, path, stop, attempt)
      : { ...(await attempt(settings.output === 'logit' ? 'logit' : view.split.output)), notes: [] };
  const missed = whatWasMissed(chosen, settings, asked);
  if (missed !== null && settings.strict) throw new SmugError('NOT_CONVERGED', missed);
  const output = chosen.output === 'negated value' ? 'value' : chosen.output;
  return { ...chosen, ...asked, output, notes: missed === null ? chosen.notes : [...chosen.notes, missed] };
}

/** What an attribution has to reach. */
type Asked = Pick<NodeAttribution, 'stop' | 'stability'>;
type Attempt = AttributionScores & { output: OutputKind };
type Attempting = (output: OutputKind, baselineValue?: number) => Promise<Attempt>;

async function attributeEither(
  view: InputView,
  path: NodePath,
  stop: Stop,
  attempt: Attempting,
): Promise<Attempt & { notes: string[] }> {
  const { target, outputs } = view;
  const baselineValue = explainedIn(await outputsAtBaseline(view, path.baseline), target);
  if (Math.abs(explainedIn(outputs, target) - baselineValue) < FLAT) {
    const note =
      'The logit is attributed: the probability hardly changes between the blank input and this one, so what the network ' +
      'says hardly rests on it.';
    return { ...(await attempt('logit')), notes: [note] };
  }
  const probability = await attempt('probability', baselineValue);
  if (probability.converged !== false) return { ...probability, notes: [] };
  const logit = await attempt('logit');
  if (logit.converged === false && farFrom(logit, stop) >= farFrom(probability, stop))
    return { ...probability, notes: [] };
  const note =
    `The logit is attributed: the probability's attribution did not converge in ${probability.steps} points ` +
    `(${shortfall(probability)}).`;
  return { ...logit, notes: [note] };
}

/** What is missing to what `stop` asks for, to compare two attempts by. */
function farFrom({ completenessError, topKStability }: AttributionScores, stop: Stop): number {
  return stop === 'sum' ? completenessError! : 1 - (topKStability ?? 0);
}

async function outputsAtBaseline({ tail, activation }: InputView, baseline?: Tensor): Promise<Float32Array> {
  if (baseline === undefined) return outputsAtZero(tail, activation);
  const [outputs] = await tail.forward([baseline]);
  return outputs.data;
}

async function attributeOutput(
  model: Model,
  view: InputView,
  settings: AttributeSettings,
  {
    baseline,
    topK,
    baselines,
    output,
    stop,
    stability,
    baselineValue,
  }: NodePath & Asked & { output: OutputKind; baselineValue?: number },
): Promise<Attempt> {
  const { activation, target, outputs } = view;
  const viewed = output === view.split.output;
  const { tail, index, dispose } = await explainedTail(model, view, output);
  const task: AttributionTask = {
    tail,
    activation,
    baseline,
    target: index,
    ...(viewed && { value: explainedIn(outputs, target) }),
    baselineValue,
    output,
    activationsOf: view.activationsOf,
    input: baselines && { ...baselines, tensor: view.input },
  };
  const { sharedBatches, ...numbers } = attributionOptions(settings);
  // Nobody else's path is on a network that is made for this call.
  const shared = target.against === undefined ? { sharedBatches } : {};
  const options = { ...numbers, ...shared, stop, stability, topK };
  const attribution = await attributionMethods[settings.attribution](task, options).finally(dispose);
  if (!allFinite(attribution))
    throw new SmugError(
      'ENGINE_FAILED',
      "The attribution holds values that are not finite: the network's gradient overflows on this input.",
    );
  // An activation that nobody reads may be large; no method chooses it.
  return { ...attribution, scores: withoutUnread(view.split.layer, attribution.scores), output };
}

/** What `explainedTail` gives where the tail gives these outputs. */
function explainedIn(outputs: Float32Array, { index, against }: Target): number {
  return outputs[index] - (against === undefined ? 0 : outputs[against.index]);
}

/** Activations → F, which of its outputs that is, and what is to be done with it afterwards. */
async function explainedTail(
  model: Model,
  view: InputView,
  output: OutputKind,
): Promise<{ tail: CompiledNetwork; index: number; dispose: () => void }> {
  const { target, split } = view;
  const whole = view.splitFor(output).tail;
  if (target.against === undefined) {
    const tail = output === split.output ? view.tail : await model.compile(whole);
    return { tail, index: target.index, dispose: () => undefined };
  }
  // One per pair of classes: kept it would fill the memory; made again it costs some milliseconds.
  const graph = differenceOf(whole, target.index, target.against.index);
  const tail = await model.engine.compile(graph, model.compileOptions);
  return { tail, index: 0, dispose: () => tail.dispose() };
}

function allFinite({ scores, completenessError }: AttributionScores): boolean {
  // It rests on the sum of all, which no float32 number but one that is not finite takes out of float64.
  if (completenessError !== null) return Number.isFinite(completenessError);
  // Not `every`: a call for each of a million scores takes as long as a step through the network.
  for (let at = 0; at < scores.length; at++) if (!Number.isFinite(scores[at])) return false;
  return true;
}

/** By how much an attribution misses what was asked for, what was tried and what to try; null where it does not. */
function whatWasMissed(
  found: Attempt,
  settings: AttributeSettings,
  { stop, stability }: Asked,
): string | null {
  if (found.converged !== false) return null;
  const nodes = `${percent(stability)} of the nodes`;
  const asked =
    stop === 'top-k'
      ? `${nodes}, by points that see half of the sum`
      : `tolerance ${percent(settings.tolerance)}${stability > 0 ? `, ${nodes}` : ''}`;
  const other = settings.output === 'probability' ? ' --output logit,' : '';
  return (
    `The attribution of the ${found.output} did not converge: ${shortfall(found)} after ${found.steps} points (${asked}). ` +
    `The nodes it chose are a guess; try${other} more points (--max-steps) or another ${stop === 'top-k' ? '--stability' : '--tolerance'}.`
  );
}

function shortfall({ completenessError, topKStability }: AttributionScores): string {
  const error = `completeness error ${percent(completenessError ?? 0)}`;
  return topKStability === null
    ? error
    : `${error}, about ${percent(topKStability)} of the chosen nodes settled`;
}

function percent(value: number): string {
  const hundredths = 100 * value;
  return `${hundredths >= 1000 ? hundredths.toExponential(1) : hundredths.toFixed(hundredths < 10 ? 1 : 0)} %`;
}
