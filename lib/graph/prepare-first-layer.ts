import { embeddingAsLayer } from './embedding-layer.js';
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
  const found = wordsAsPositions(pointwiseAsConvolution(linearOrEmbedding(graph)));
  return { ...found, graph: hoistActivation(found.graph, found.layer) };
}

/** A linear layer that all of the input passes, as convolutional networks have it; else the embedding of words, as transformers have it. */
function linearOrEmbedding(graph: Graph): LayerInGraph {
  try {
    return findFirstLayer(graph);
  } catch (error) {
    const embedding = embeddingAsLayer(graph);
    if (embedding === undefined) throw error;
    return embedding;
  }
}
