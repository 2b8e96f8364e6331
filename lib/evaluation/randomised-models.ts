import { simplify } from '../graph/simplify.js';
import { Model } from '../model/model.js';
import { weightedLayers, withRandomLayers } from './random-layers.js';

/** Networks on the way from the whole one to a random one, at most. */
const STAGES = 5;

/**
 * A model with ever more of its layers random, from the end: made when they are first asked for, compiled once, for all images of an
 * evaluation.
 */
export class RandomisedModels {
  #models: Model[] | undefined;

  constructor(
    readonly model: Model,
    readonly seed: number,
  ) {}

  /** The last fifth of the layers with weights is random in the first one, all are in the last. */
  get all(): readonly Model[] {
    return (this.#models ??= Array.from({ length: STAGES }, (_, at) => this.#randomised((at + 1) / STAGES)));
  }

  dispose(): void {
    for (const model of this.#models ?? []) model.dispose();
    this.#models = undefined;
  }

  #randomised(share: number): Model {
    const { file, engine, compileOptions } = this.model;
    const instantiate: typeof file.instantiate = (shapes, bound) => {
      // Simplified first: a file may compute its weights from others.
      const graph = simplify(file.instantiate(shapes, bound));
      return withRandomLayers(graph, Math.ceil(share * weightedLayers(graph).length), this.seed);
    };
    return new Model({ ...file, instantiate }, engine, compileOptions);
  }
}
