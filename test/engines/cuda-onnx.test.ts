import type { Engine } from '../../dist/engines/engine.js';
import { cudaEngine, emulation } from '../support/cuda-here.js';
import { onnxTestData, testWith } from '../support/needs.js';
import { onnxOperatorTests } from './onnx-operators.js';

/** The published outputs are exact ones. */
function exact(): Engine {
  return {
    name: 'cuda',
    description: 'in float32',
    compile: (graph, options) => cudaEngine().compile(graph, { ...options, precision: 'f32' }),
  };
}

testWith(emulation, onnxTestData)(
  'ONNX operator tests give the published outputs on the emulated cuda engine',
  (t) => onnxOperatorTests(t, exact()),
);
