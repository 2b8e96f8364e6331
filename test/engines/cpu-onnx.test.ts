import { cpuEngine } from '../support/cpu-here.js';
import { cpuAddon, onnxTestData, testWith } from '../support/needs.js';
import { onnxOperatorTests } from './onnx-operators.js';

testWith(cpuAddon, onnxTestData)('ONNX operator tests give the published outputs on the cpu engine', (t) =>
  onnxOperatorTests(t, cpuEngine()),
);
