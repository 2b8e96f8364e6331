import { add, affine, div, mul, prelu, sub } from './arithmetic.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import * as elementwise from './elementwise.js';
import { matMul } from './mat-mul.js';
import { concat, gather, pad, reshape, slice, transpose, upsample } from './movement.js';
import { layerNorm } from './layer-norm.js';
import { logSoftmax, lrn, softmax } from './normalisation.js';
import { averagePool, globalMaxPool, maxPool } from './pooling.js';
import type { Preparations } from './program.js';
import { reduceMean } from './reduction.js';

/** Every operation of the graph; leaving one out does not compile. */
export const preparations: Preparations = {
  conv,
  dense,
  affine,
  add,
  sub,
  mul,
  div,
  ...elementwise,
  prelu,
  maxPool,
  averagePool,
  globalMaxPool,
  reduceMean,
  lrn,
  layerNorm,
  matMul,
  concat,
  pad,
  slice,
  reshape,
  transpose,
  softmax,
  logSoftmax,
  gather,
  upsample,
};
