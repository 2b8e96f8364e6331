import { settingsFor } from '../api/options.js';
import type { ClassNames } from '../input/class-names.js';
import { findDeclarations } from '../input/declarations.js';
import { SmugError, wrongType } from '../errors.js';
import { checkTensor } from '../model/check-tensor.js';
import type { Model } from '../model/model.js';
import type { ImageBaselines } from '../model/model-image.js';
import type { Tensor } from '../tensor.js';
import { fileLayout } from './file-layout.js';
import type { AttributedOutput } from './attribute-nodes.js';
import { viewFirstLayer } from './view-first-layer.js';
import type { AttributeOptions, AttributeSettings } from './options.js';
import type { Target } from './target.js';

export interface Attribution {
  /** One score a first-layer node, `[1, …]`, in the model file's own layout. */
  scores: Tensor;
  /** |Σ scores − (F(a) − F(0))| / |F(a) − F(0)|; null for methods that promise no completeness. */
  completenessError: number | null;
  /** Gradient points evaluated. */
  steps: number;
  /** Whether the tolerance was reached; null for methods that promise no completeness. */
  converged: boolean | null;
  /** What was attributed. */
  output: AttributedOutput;
  /** Why that, and what to beware of: a sentence each. */
  notes: string[];
  target: Target;
}

/**
 * Scores the nodes of a model's first layer on one input (steps 1 and 2 of the method).
 *
 * @param inputs one tensor, batch 1, in the model file's own layout, already preprocessed
 * @throws TypeError / RangeError for bad options or shapes, SmugError UNKNOWN_CLASS, UNSUPPORTED_MODEL, ENGINE_FAILED
 */
export async function attribute(
  model: Model,
  inputs: Tensor[],
  options: AttributeOptions = {},
): Promise<Attribution> {
  const settings = settingsFor(['attribute'], options);
  const { classNames } = await findDeclarations(model.file.path, { classNames: settings.classNames });
  return attributeInput(model, checkInput(inputs), settings, classNames);
}

/** `attribute` after the door; `baselines` let methods with image baselines run. */
export async function attributeInput(
  model: Model,
  input: Tensor,
  settings: AttributeSettings,
  names: ClassNames | null,
  baselines?: ImageBaselines,
): Promise<Attribution> {
  const { split, target, attribution } = await viewFirstLayer(model, input, settings, names, { baselines });
  return {
    scores: fileLayout(model.file.layout, split.layer, attribution.scores),
    completenessError: attribution.completenessError,
    steps: attribution.steps,
    converged: attribution.converged,
    output: attribution.output,
    notes: attribution.notes,
    target,
  };
}

function checkInput(inputs: Tensor[]): Tensor {
  if (!Array.isArray(inputs) || inputs.length !== 1)
    throw wrongType('inputs', inputs, 'an array of one tensor { data: Float32Array, shape: number[] }');
  const input = checkTensor('inputs[0]', inputs[0]);
  if (input.shape[0] !== 1)
    throw new SmugError(
      'BAD_INPUT',
      `inputs[0] must hold one sample, its shape is [${input.shape.join(', ')}].`,
    );
  return input;
}
