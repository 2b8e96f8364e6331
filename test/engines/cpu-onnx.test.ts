import { cpuEngine, native } from './cpu-here.js';
import { onnxOperatorTests } from './onnx-operators.js';

native('ONNX operator tests give the published outputs on the cpu engine', (t) =>
  onnxOperatorTests(t, cpuEngine()),
);
