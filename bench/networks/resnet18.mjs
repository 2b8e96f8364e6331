// ResNet-18 (He et al. 2015) as an ONNX file, laid out as torchvision's exporter leaves it, with seeded random weights.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { register } from 'tsx/esm/api';
import { root } from '../../scripts/native-deps.mjs';
import { modelFolder } from './packaged-models.mjs';

const SEED = 18;

/** The folder with model.onnx: Conv and BatchNormalization apart, opset 13. */
export async function resNet18() {
  const target = await modelFolder('resnet18-random', {
    do_resize: true,
    size: { shortest_edge: 256 },
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
  });
  const file = join(target, 'model.onnx');
  if (!existsSync(file)) await writeFile(file, await encoded());
  return target;
}

async function encoded() {
  const unregister = register();
  const write = await import(join(root, 'test', 'loaders', 'onnx-writer.ts'));
  const { randomNumbers } = await import(join(root, 'test', 'support', 'random-numbers.ts'));
  await unregister();
  const next = randomNumbers(SEED);
  // Box and Muller: two uniform numbers make a normal one.
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const nodes = [];
  const initializers = [];
  const floats = (name, dims, draw) => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, draw);
    initializers.push(write.floats(name, dims, data));
    return name;
  };
  const add = (type, inputs, attributes = {}) => {
    const output = `v${nodes.length}`;
    nodes.push(write.node(type, inputs, [output], attributes));
    return output;
  };
  const channels = new Map([['x', 3]]);
  const conv = (x, outputs, kernel, stride) => {
    const name = `c${nodes.length}`;
    // The initialisation of torchvision's ResNets: normal, by the fan of outputs; batch norm as it begins, which keeps the
    // network's values in range only with statistics of its own. Those are drawn near 1.
    const spread = Math.sqrt(2 / (outputs * kernel * kernel));
    const weights = floats(`${name}.w`, [outputs, channels.get(x), kernel, kernel], () => spread * normal());
    const pad = kernel >> 1;
    const convolved = add('Conv', [x, weights], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
    const norm = [
      floats(`${name}.scale`, [outputs], () => 0.8 + 0.4 * next()),
      floats(`${name}.shift`, [outputs], () => 0.2 * normal()),
      floats(`${name}.mean`, [outputs], () => 0.2 * normal()),
      floats(`${name}.variance`, [outputs], () => 0.8 + 0.4 * next()),
    ];
    const normed = add('BatchNormalization', [convolved, ...norm], { epsilon: { float: 1e-5 } });
    channels.set(normed, outputs);
    return normed;
  };
  const relu = (x) => {
    const output = add('Relu', [x]);
    channels.set(output, channels.get(x));
    return output;
  };
  const stem = relu(conv('x', 64, 7, 2));
  let x = add('MaxPool', [stem], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  channels.set(x, 64);
  for (const [width, first] of [
    [64, 1],
    [128, 2],
    [256, 2],
    [512, 2],
  ]) {
    for (const stride of [first, 1]) {
      const through = conv(relu(conv(x, width, 3, stride)), width, 3, 1);
      const past = stride > 1 ? conv(x, width, 1, stride) : x;
      const sum = add('Add', [through, past]);
      channels.set(sum, width);
      x = relu(sum);
    }
  }
  const flat = add('Flatten', [add('GlobalAveragePool', [x])], { axis: 1 });
  const bound = 1 / Math.sqrt(512);
  const weights = floats('fc.w', [1000, 512], () => bound * (2 * next() - 1));
  const bias = floats('fc.b', [1000], () => bound * (2 * next() - 1));
  nodes.push(write.node('Gemm', [flat, weights, bias], ['y'], { transB: 1 }));
  const value = (name, dims) => [write.value(name, dims)];
  return write.model({
    nodes,
    initializers,
    inputs: value('x', [1, 3, 224, 224]),
    outputs: value('y', [1, 1000]),
  });
}
