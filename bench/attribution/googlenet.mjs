// GoogLeNet (Szegedy et al. 2014, Inception v1 without batch norm) built by code, with seeded random weights.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';

/** 1×1; 3×3 reduce, 3×3; 5×5 reduce, 5×5; pool projection: the table of the paper. */
const modules = [
  [64, 96, 128, 16, 32, 32],
  [128, 128, 192, 32, 96, 64],
  'pool',
  [192, 96, 208, 16, 48, 64],
  [160, 112, 224, 24, 64, 64],
  [128, 128, 256, 24, 64, 64],
  [112, 144, 288, 32, 64, 64],
  [256, 160, 320, 32, 128, 128],
  'pool',
  [256, 160, 320, 32, 128, 128],
  [384, 192, 384, 48, 128, 128],
];

export async function googleNet() {
  const { GraphBuilder } = await import(join(root, 'dist', 'graph', 'builder.js'));
  const builder = new GraphBuilder();
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const tensor = (shape, limit) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => limit * uniform()),
  });
  let count = 0;
  const conv = (x, outputs, kernel, stride = 1) => {
    const inputs = builder.shape(x)[1];
    const name = `conv${++count}`;
    // He's initialisation keeps the size of activations from layer to layer.
    const weights = tensor([outputs, inputs, kernel, kernel], Math.sqrt(6 / (inputs * kernel * kernel)));
    const pad = Math.floor(kernel / 2);
    const operation = {
      op: 'conv',
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [1, 1],
      groups: 1,
    };
    const operands = [
      x,
      builder.constant(`${name}.w`, weights),
      builder.constant(`${name}.b`, tensor([outputs], 0.1)),
    ];
    return builder.add({ op: 'relu' }, [builder.add(operation, operands, name)], `${name}.relu`);
  };
  const pool = (x, stride) => {
    const pad = stride === 1 ? 1 : 0;
    const operation = {
      op: 'maxPool',
      kernel: [3, 3],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [1, 1],
      ceil: stride > 1,
    };
    return builder.add(operation, [x], `pool${++count}`);
  };
  const lrn = (x) =>
    builder.add({ op: 'lrn', size: 5, alpha: 1e-4, beta: 0.75, bias: 1 }, [x], `lrn${++count}`);

  let x = lrn(pool(conv(builder.input('image', [1, 3, 224, 224]), 64, 7, 2), 2));
  x = pool(lrn(conv(conv(x, 64, 1), 192, 3)), 2);
  for (const module of modules) {
    if (module === 'pool') {
      x = pool(x, 2);
      continue;
    }
    const [a, b1, b, c1, c, d] = module;
    const branches = [
      conv(x, a, 1),
      conv(conv(x, b1, 1), b, 3),
      conv(conv(x, c1, 1), c, 5),
      conv(pool(x, 1), d, 1),
    ];
    x = builder.add({ op: 'concat', axis: 1 }, branches, `module${++count}`);
  }
  x = builder.add({ op: 'reduceMean', axes: [2, 3], keepDims: false }, [x], 'mean');
  const weights = builder.constant('fc.w', tensor([1024, 1000], 0.2));
  x = builder.add({ op: 'dense' }, [x, weights, builder.constant('fc.b', tensor([1000], 0.1))], 'fc');
  x = builder.add({ op: 'softmax', axis: 1 }, [x], 'probabilities');
  return builder.finish([x]);
}
