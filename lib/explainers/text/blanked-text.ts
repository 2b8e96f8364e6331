import type { BlankWord } from '../../api/options.js';
import { badOption, throwIfAborted } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { shapesOfInput } from '../../model/sole-input.js';
import type { ModelText } from '../../model/model-text.js';
import type { ExplainedOutput } from '../target.js';

/** Texts run at once: at 500 positions and 128 filters, 16 MB of activations. */
const AT_ONCE = 64;

/** A text whose words can be blanked, and the network that reads what is left. */
export class BlankedText {
  readonly #model: Model;
  readonly #text: ModelText;
  readonly #explained: ExplainedOutput;
  readonly #index: number;

  /** @throws RangeError that names blankWord where the unknown word is asked for and the model has none */
  constructor(text: ModelText, explained: ExplainedOutput, blank: BlankWord) {
    const { padding, unknown } = text.tokenizer;
    if (blank === 'unknown' && unknown === null)
      throw badOption('blankWord', blank, 'padding here: this model has no index for unknown words');
    this.#model = text.model;
    this.#text = text;
    this.#explained = explained;
    this.#index = blank === 'padding' ? padding.index : unknown!;
  }

  /** Number of words. */
  get words(): number {
    return this.#text.arranged.words.length;
  }

  /**
   * The network's outputs, one row per mask of words (1: the word stays, 0: it is blanked).
   * @throws SmugError ENGINE_FAILED, ABORTED
   */
  async outputs(masks: readonly ArrayLike<number>[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { tensor } = this.#text;
    const { data } = tensor;
    const graph = this.#model.explained(this.#explained.kind, shapesOfInput(this.#model, tensor));
    const network = await this.#model.compile(graph);
    const rows: Float32Array[] = [];
    for (let first = 0; first < masks.length; first += AT_ONCE) {
      throwIfAborted(signal);
      const part = masks.slice(first, first + AT_ONCE);
      const batch = new Float32Array(part.length * data.length);
      part.forEach((mask, at) => batch.set(this.#masked(mask), at * data.length));
      const [outputs] = await network.forward([{ data: batch, shape: [part.length, data.length] }], {
        signal,
      });
      const classes = outputs.data.length / part.length;
      part.forEach((_, at) => rows.push(outputs.data.slice(at * classes, (at + 1) * classes)));
    }
    return rows;
  }

  /** F per mask. */
  async values(masks: readonly ArrayLike<number>[], signal?: AbortSignal): Promise<Float64Array> {
    return Float64Array.from(await this.outputs(masks, signal), this.#explained.valueOf);
  }

  #masked(mask: ArrayLike<number>): Float32Array {
    const { words } = this.#text.arranged;
    const row = this.#text.tensor.data.slice();
    words.forEach(({ positions }, word) => {
      if (!mask[word]) for (const position of positions) row[position] = this.#index;
    });
    return row;
  }
}
