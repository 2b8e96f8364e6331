import { badOption, SmugError } from '../errors.js';
import { findClass, type ClassNames } from '../input/class-names.js';
import type { AttributeSettings } from './options.js';

/** The explained class, or output. `label` is null where the model declares no names. */
export interface Target {
  index: number;
  label: string | null;
  /**
   * F: the network's probability for the class, whatever output is attributed; with the output `value` the value, or its
   * distance from `relativeTo`.
   */
  confidence: number;
  /** The class that the network predicts, where another one is asked about. */
  predicted?: { index: number; label: string | null; confidence: number };
  /** The class that this one is explained against: F is then the difference of the two probabilities, or logits. */
  against?: { index: number; label: string | null; confidence: number };
  /** With the output `value`: what the network gives. */
  value?: number;
  relativeTo?: number;
}

/** What decides what is explained. */
export type TargetSettings = Pick<AttributeSettings, 'target' | 'against' | 'output' | 'relativeTo'>;

/**
 * The class to explain: the predicted one, or the one asked for by index or label; or the output whose value is explained.
 * @param outputs probabilities, or with the output `value` the model's outputs as they stand
 * @throws SmugError UNKNOWN_CLASS; RangeError that names `relativeTo`
 */
export function chooseTarget(
  outputs: Float32Array,
  names: ClassNames | null,
  { target: wanted, against, output, relativeTo }: TargetSettings,
): Target {
  if (output === 'value' && against !== undefined)
    throw badOption('against', against, 'nothing where the output is value: it is of classes');
  if (output === 'value') return valueTarget(outputs, names, wanted, relativeTo);
  if (relativeTo !== undefined)
    throw badOption('relativeTo', relativeTo, 'nothing, unless the output is value');
  const classAt = (index: number) => ({ index, label: names?.[index] ?? null, confidence: outputs[index] });
  const predicted = largest(outputs);
  const index = wanted === undefined ? predicted : findClass(wanted, names, outputs.length);
  const other = against === undefined ? undefined : findClass(against, names, outputs.length);
  if (other === index) throw badOption('against', against, 'another class than the one that is explained');
  return {
    ...classAt(index),
    ...(index !== predicted && { predicted: classAt(predicted) }),
    ...(other !== undefined && { against: classAt(other) }),
  };
}

function valueTarget(
  outputs: Float32Array,
  declared: ClassNames | null,
  wanted: number | string | undefined,
  relativeTo: number | undefined,
): Target {
  // One sigmoid of a classifier has the names of two classes.
  const names = declared?.length === outputs.length ? declared : null;
  if (wanted === undefined && outputs.length > 1)
    throw new SmugError(
      'UNKNOWN_CLASS',
      `The model has ${outputs.length} outputs${names === null ? '' : ` (${names.slice(0, 8).join(', ')})`}; say with target which one's value is explained.`,
    );
  const index = wanted === undefined ? 0 : findClass(wanted, names, outputs.length);
  const value = outputs[index];
  return {
    index,
    label: names?.[index] ?? null,
    confidence: relativeTo === undefined ? value : Math.abs(value - relativeTo),
    value,
    ...(relativeTo !== undefined && { relativeTo }),
  };
}

/** F of the network, and when it still says what is explained. */
export interface ExplainedOutput {
  /** What its rows of outputs are. */
  kind: 'probability' | 'value';
  /** F of a row of outputs. */
  valueOf(outputs: ArrayLike<number>): number;
  /**
   * Whether a row is read as the same class (of equal ones the first counts, as in the prediction), or is a value on the same side;
   * null for a value by itself, which has no sides.
   */
  holds(outputs: ArrayLike<number>): boolean | null;
}

/** F as a target has it: p; p − p of the other class; v; or s·(v − r), s = ±1 the side of r on which the input's value lies. */
export function explainedOutput({ index, against, value, relativeTo }: Target): ExplainedOutput {
  if (against !== undefined) {
    const valueOf = (outputs: ArrayLike<number>) => outputs[index] - outputs[against.index];
    return { kind: 'probability', valueOf, holds: (outputs) => valueOf(outputs) > 0 };
  }
  if (value === undefined)
    return {
      kind: 'probability',
      valueOf: (outputs) => outputs[index],
      holds: (outputs) => isLargest(outputs, index),
    };
  if (relativeTo === undefined)
    return { kind: 'value', valueOf: (outputs) => outputs[index], holds: () => null };
  const side = sideOf({ value, relativeTo });
  const valueOf = (outputs: ArrayLike<number>) => side * (outputs[index] - relativeTo);
  return { kind: 'value', valueOf, holds: (outputs) => valueOf(outputs) > 0 };
}

/** F of the whole input. */
export function explainedValue({ confidence, against }: Target): number {
  return against === undefined ? confidence : confidence - against.confidence;
}

/** −1 where the value lies below what it is measured from, else 1. */
export function sideOf({ value, relativeTo }: Pick<Target, 'value' | 'relativeTo'>): 1 | -1 {
  return value !== undefined && relativeTo !== undefined && value < relativeTo ? -1 : 1;
}

/** Whether no other is larger, nor as large and before it; beside NaN nothing is. */
function isLargest(values: ArrayLike<number>, index: number): boolean {
  const largest = values[index];
  for (let at = 0; at < values.length; at++)
    if (!(at < index ? values[at] < largest : values[at] <= largest)) return false;
  return true;
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
