import type { Engine } from '../../dist/engines/engine.js';
import { cudaEngine, emulated } from './cuda-here.js';
import { onnxOperatorTests } from './onnx-operators.js';

/** The published outputs are exact ones. */
function exact(): Engine {
  return {
    name: 'cuda',
    description: 'in float32',
    compile: (graph, options) => cudaEngine().compile(graph, { ...options, precision: 'f32' }),
  };
}

emulated('ONNX operator tests give the published outputs on the emulated cuda engine', (t) =>
  onnxOperatorTests(t, exact()),
);
