import type { CompiledNetwork } from '../../engines/engine.js';
import { networkFromFirstLayer } from '../../graph/explained-network.js';
import type { Graph } from '../../graph/graph.js';
import type { InputGeometry } from '../../masks/cells.js';
import type { WordCells } from '../../masks/word-cells.js';
import { shapesOfInput } from '../../model/sole-input.js';
import type { TextTask } from './text-task.js';

const graphs = new WeakMap<object, Graph>();

/** The network from its embedded words on, compiled once per model, length and output. */
export function embeddedNetwork({ model, text, view }: TextTask): Promise<CompiledNetwork> {
  const graph =
    graphs.get(view.split) ??
    networkFromFirstLayer(model.graphFor(1, shapesOfInput(model, text.tensor)), view.split.output);
  graphs.set(view.split, graph);
  return model.compile(graph);
}

/** Σ over a word's positions and their dimensions of `term`(value's place in X). */
export function sumByWord(
  { channels, channelStride, columnStride }: InputGeometry,
  { words, wordAt }: WordCells,
  term: (place: number) => number,
): Float64Array {
  const sums = new Float64Array(words);
  wordAt.forEach((word, position) => {
    if (word < 0) return;
    for (let channel = 0; channel < channels; channel++)
      sums[word] += term(channel * channelStride + position * columnStride);
  });
  return sums;
}
