import type { ClassNames } from '../input/class-names.js';
import type { Evidence } from '../masks/encode.js';
import type { Model } from '../model/model.js';
import type { ImageBaselines } from '../model/model-image.js';
import type { Tensor } from '../tensor.js';
import { attributeNodes, type NodeAttribution } from './attribute-nodes.js';
import { viewBlank, type Blank } from './blank.js';
import { viewInput, type InputView } from './first-layer.js';
import type { ExplainSettings } from './options.js';

const ROUGH_STEPS = 7;

/** One input on its way into a model, as far as its first layer is concerned. */
interface UnseenInput {
  /** Batch 1, in the model file's own layout. */
  tensor: Tensor;
  classNames: ClassNames | null;
  /** In the model's input space; null: zeros at the first layer. */
  blank: Tensor | null;
  baselines?: ImageBaselines;
  /** How many nodes will be chosen; several: attributions hold for each of these numbers. */
  topK: readonly number[];
}

/**
 * Steps 1 and 2 of the method: what the network makes of one input. Nothing of it depends on gamma, on the window or on how many nodes are
 * chosen, so settings that differ only there share it. Attributions are computed when they are first asked for, and once.
 */
export class SeenInput {
  #activation?: Promise<NodeAttribution>;
  #image?: Promise<NodeAttribution>;
  #rough?: Promise<NodeAttribution>;
  readonly #input: Pick<UnseenInput, 'baselines' | 'topK'>;
  readonly #settings: ExplainSettings;

  private constructor(
    readonly model: Model,
    readonly view: InputView,
    /** What stands in place of hidden positions. */
    readonly blank: Blank,
    input: Pick<UnseenInput, 'baselines' | 'topK'>,
    settings: ExplainSettings,
  ) {
    this.#input = input;
    this.#settings = settings;
  }

  /** @throws SmugError BAD_INPUT, UNSUPPORTED_MODEL, UNKNOWN_CLASS, ENGINE_FAILED */
  static async see(model: Model, input: UnseenInput, settings: ExplainSettings): Promise<SeenInput> {
    const view = await viewInput(model, input.tensor, settings, input.classNames);
    const blank = await viewBlank(model, view.split, input.blank, settings.signal);
    return new SeenInput(model, view, blank, input, settings);
  }

  /** What the nodes are worth on the path from zeros, or from what the blank gives. @throws as `attributeNodes` */
  attribution(evidence: Evidence): Promise<NodeAttribution> {
    return evidence === 'image'
      ? (this.#image ??= this.#attribute(this.#settings, this.blank.activation))
      : (this.#activation ??= this.#attribute(this.#settings));
  }

  /** The first of them, roughly: enough to see what biases meet. */
  roughAttribution(): Promise<NodeAttribution> {
    const rough: ExplainSettings = { ...this.#settings, output: 'logit', steps: ROUGH_STEPS, strict: false };
    return (this.#rough ??= this.#attribute(rough));
  }

  #attribute(settings: ExplainSettings, baseline?: Tensor): Promise<NodeAttribution> {
    const { baselines, topK } = this.#input;
    return attributeNodes(this.model, this.view, settings, {
      topK,
      baselines,
      ...(baseline && { baseline }),
    });
  }
}
