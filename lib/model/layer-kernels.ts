import type { Model } from './model.js';

/**
 * How many convolutions and dense layers of a model, forward and gradient, run on which of its engine's kernels; empty
 * where the engine's library decides. A layer that falls back to a slow kernel shows here.
 * @throws SmugError UNSUPPORTED_OPERATOR where the engine cannot compile it
 */
export async function layerKernels(model: Model): Promise<Record<string, number>> {
  const network = await model.engine.compile(model.graphFor(), model.compileOptions);
  try {
    return network.kernels?.() ?? {};
  } finally {
    network.dispose();
  }
}
