import type { PredictionDocument } from '../api/prediction.js';
import { SmugError } from '../errors.js';
import { endsInOneSigmoid } from '../graph/tail-end.js';
import type { ClassNames } from '../input/class-names.js';
import type { Tensor } from '../tensor.js';
import type { Model } from './model.js';
import { shapesOfInput } from './sole-input.js';

/** One input on its way through a model that names classes. */
interface ReadInput {
  /** As the document has it. */
  input: string;
  tensor: Tensor;
  classNames: ClassNames | null;
  /** When reading it began, by `performance.now()`. */
  startedAt: number;
}

/**
 * The best classes of an input that is read, highest first, equal ones by index. Confidences are what the file gives; one output
 * stands for two classes, as where it is explained: a sigmoid p for 1 − p and p; any other value z, where the model has the names of
 * two classes, for −z and z.
 * @throws SmugError ENGINE_FAILED where the output is not finite
 */
export async function predictClasses(
  model: Model,
  { input, tensor, classNames, startedAt }: ReadInput,
  top: number,
): Promise<PredictionDocument> {
  const loaded = performance.now();
  const outputs = await outputsOf(model, tensor, classNames);
  const wrong = outputs.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new SmugError(
      'ENGINE_FAILED',
      `The model's output ${wrong} is ${outputs[wrong]}; check the input's preprocessing.`,
    );
  const best = [...outputs.keys()].sort((a, b) => outputs[b] - outputs[a] || a - b).slice(0, top);
  const end = performance.now();
  return {
    input,
    model: model.file.source,
    predictions: best.map((index) => ({
      index,
      label: classNames?.[index] ?? null,
      confidence: outputs[index],
    })),
    engine: model.engine.name,
    timing: { loadMs: loaded - startedAt, predictMs: end - loaded, totalMs: end - startedAt },
  };
}

async function outputsOf(model: Model, tensor: Tensor, names: ClassNames | null): Promise<Float32Array> {
  const [{ data }] = await model.predict([tensor]);
  if (data.length !== 1) return data;
  const [one] = data;
  if (endsInOneSigmoid(model.graphFor(1, shapesOfInput(model, tensor)))) return Float32Array.of(1 - one, one);
  return names?.length === 2 ? Float32Array.of(-one, one) : data;
}
