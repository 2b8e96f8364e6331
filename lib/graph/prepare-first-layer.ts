import { findFirstLayer } from './first-layer.js';
import type { Graph } from './graph.js';
import { hoistActivation } from './hoist-activation.js';
import type { LayerInGraph } from './parallel-layers.js';
import { pointwiseAsConvolution } from './pointwise-layer.js';
import { wordsAsPositions } from './word-layer.js';

/**
 * The graph written so that one node is the first layer, a convolution over positions or a dense layer, with its activation
 * directly behind it.
 * @param graph simplified
 * @throws SmugError UNSUPPORTED_MODEL as `findFirstLayer`
 */
export function prepareFirstLayer(graph: Graph): LayerInGraph {
  const found = wordsAsPositions(pointwiseAsConvolution(findFirstLayer(graph)));
  return { ...found, graph: hoistActivation(found.graph, found.layer) };
}
