import test from 'ava';
import type { SmugError } from '../../dist/errors.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { floats, ints, model, node, ramp, value } from './onnx-writer.js';

const relu = [node('Relu', ['x'], ['y'])];
const conv = (attributes = {}, dims = [2, 3, 3, 3]) => ({
  initializers: [floats('w', dims, ramp(54))],
  nodes: [node('Conv', ['x', 'w'], ['y'], attributes)],
});

function load(bytes: Uint8Array): unknown {
  return parseOnnx(bytes, 'test.onnx', () => new Uint8Array()).instantiate(new Map());
}

/** Groups within groups: an old wire type with which a reader can be sent into endless recursion. */
const groups = new Uint8Array(200_000).fill(0x0b);

const hostile: Record<string, [code: string, message: RegExp, bytes: Uint8Array]> = {
  'an empty file': ['BAD_MODEL', /is empty/, new Uint8Array()],
  'a picture': [
    'BAD_MODEL',
    /does not decode as protobuf/,
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
  ],
  "PyTorch's weights": [
    'BAD_MODEL',
    /is a file of PyTorch's weights, not an ONNX model.*torch\.onnx\.export/,
    Buffer.from('PK\x03\x04\x14\0\0\0\0\0net/data.pkl', 'latin1'),
  ],
  'a zip archive': [
    'BAD_MODEL',
    /is a zip archive.*Unpack it/,
    Buffer.from('PK\x03\x04\x14\0\0\0a.onnx', 'latin1'),
  ],
  'a gzip file': ['BAD_MODEL', /gzip/, Buffer.from('\x1f\x8b\x08\0\0\0\0\0', 'latin1')],
  'a Keras file': ['BAD_MODEL', /HDF5.*tf2onnx/, Buffer.from('\x89HDF\r\n\x1a\n\0\0\0', 'latin1')],
  'a TensorFlow Lite file': [
    'BAD_MODEL',
    /TensorFlow Lite.*tf2onnx/,
    Buffer.from('\x1c\0\0\0TFL3\0', 'latin1'),
  ],
  'a safetensors file': [
    'BAD_MODEL',
    /weights without a network/,
    Buffer.from('\x10\0\0\0\0\0\0\0{"weight":[1,2]}', 'latin1'),
  ],
  'a pointer of Git LFS': [
    'BAD_MODEL',
    /git lfs pull/,
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
  ],
  'a web page': ['BAD_MODEL', /is a web page/, Buffer.from('<!DOCTYPE html><html></html>')],
  text: [
    'BAD_MODEL',
    /is a text file \(it begins with "\{.*not an ONNX model/,
    Buffer.from('{"modelTopology": {}}'),
  ],
  'nested groups': ['BAD_MODEL', /invalid wire type/, groups],
  'a length beyond the file': [
    'BAD_MODEL',
    /over the end/,
    Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07),
  ],
  'no graph': ['BAD_MODEL', /no ONNX graph/, Uint8Array.of(0x08, 0x07)],
  'no outputs': ['BAD_MODEL', /no ONNX graph with outputs/, model({ nodes: relu, outputs: [] })],
  'opset 1': ['UNSUPPORTED_MODEL', /opset 1; supported are 6 to/, model({ nodes: relu }, 1)],
  'a cycle': [
    'BAD_MODEL',
    /cyclic, unsorted or incomplete/,
    model({ nodes: [node('Add', ['x', 'z'], ['y']), node('Relu', ['y'], ['z'])] }),
  ],
  'a node that reads itself': [
    'BAD_MODEL',
    /cyclic, unsorted or incomplete/,
    model({ nodes: [node('Add', ['x', 'y'], ['y'])] }),
  ],
  'an output that nothing computes': [
    'BAD_MODEL',
    /output 'y' is computed by no node/,
    model({ nodes: [node('Relu', ['x'], ['z'])] }),
  ],
  'a value defined twice': ['BAD_MODEL', /defined already/, model({ nodes: [...relu, ...relu] })],
  'two inputs of one name': [
    'BAD_MODEL',
    /defined twice/,
    model({ nodes: relu, inputs: [value('x', [1, 2]), value('x', [1, 2])] }),
  ],
  'a negative weight size': [
    'BAD_WEIGHTS',
    /shape \[-2, 3, 3, 3\] is impossible/,
    model(conv({}, [-2, 3, 3, 3])),
  ],
  'a weight of 2⁴⁰ elements': [
    'BAD_WEIGHTS',
    /needs 1099511627776 float values, the file has 54/,
    model(conv({}, [2 ** 20, 2 ** 20])),
  ],
  'a weight with too few values': [
    'BAD_WEIGHTS',
    /needs 81 float values, the file has 54/,
    model(conv({}, [3, 3, 3, 3])),
  ],
  'a weight of text': [
    'BAD_WEIGHTS',
    /data type 8 is not supported/,
    model({ ...conv(), initializers: [{ ...floats('w', [1], [1]), dataType: 8 }] }),
  ],
  'NaN weights': [
    'BAD_WEIGHTS',
    /holds NaN at position 0/,
    model({ ...conv(), initializers: [floats('w', [2, 3, 3, 3], new Array(54).fill(NaN))] }),
  ],
  'infinite weights': [
    'BAD_WEIGHTS',
    /holds Infinity/,
    model({ ...conv(), initializers: [floats('w', [2, 3, 3, 3], new Array(54).fill(Infinity))] }),
  ],
  'an input of 2⁴⁰ elements': [
    'BAD_MODEL',
    /beyond the limit/,
    model({ nodes: relu, inputs: [value('x', [1, 1, 2 ** 20, 2 ** 20])] }),
  ],
  'an input of text': [
    'UNSUPPORTED_MODEL',
    /no tensor of numbers/,
    model({ nodes: relu, inputs: [value('x', [1, 2], 8)] }),
  ],
  'negative padding': ['BAD_MODEL', /padding .* must be whole and ≥ 0/, model(conv({ pads: [-9, 0, 0, 0] }))],
  'a stride of zero': ['BAD_MODEL', /must be whole and ≥ 1/, model(conv({ strides: [0, 1] }))],
  'a stride of zero, padded the same': [
    'BAD_MODEL',
    /must be whole/,
    model(conv({ strides: [0, 1], auto_pad: 'SAME_UPPER' })),
  ],
  'a dilation of 2⁴⁰': [
    'BAD_MODEL',
    /larger than the padded input/,
    model(conv({ dilations: [2 ** 40, 1] })),
  ],
  'padding of 2⁴⁰': ['BAD_MODEL', /beyond the limit/, model(conv({ pads: [2 ** 40, 0, 2 ** 40, 0] }))],
  'padding the same with a dilation of 2⁴⁰': [
    'BAD_MODEL',
    /the padded input .* is beyond the limit/,
    model(conv({ dilations: [2 ** 40, 1], strides: [1, 1], auto_pad: 'SAME_UPPER' }, [2, 3, 3, 3])),
  ],
  'no groups': ['BAD_MODEL', /0 groups do not divide/, model(conv({ group: 0 }))],
  'a constant of 2⁴⁰ elements': [
    'BAD_MODEL',
    /would make a constant of shape \[1048576, 1048576\]/,
    model({
      initializers: [ints('s', [2], [2 ** 20, 2 ** 20])],
      nodes: [node('ConstantOfShape', ['s'], ['y'])],
    }),
  ],
  'a constant of negative size': [
    'BAD_MODEL',
    /would make a constant of shape \[-1\]/,
    model({ initializers: [ints('s', [1], [-1])], nodes: [node('ConstantOfShape', ['s'], ['y'])] }),
  ],
  'a range without end': [
    'BAD_MODEL',
    /would make a constant/,
    model({
      initializers: [ints('a', [], [0]), ints('b', [], [9]), ints('c', [], [0])],
      nodes: [node('Range', ['a', 'b', 'c'], ['y'])],
    }),
  ],
  'broadcasting to 2⁴⁰ elements': [
    'BAD_MODEL',
    /would make a constant|beyond the limit/,
    model({
      initializers: [ints('s', [4], [1, 3, 2 ** 20, 2 ** 20])],
      inputs: [value('x', [1, 3, 1, 1])],
      nodes: [node('Expand', ['x', 's'], ['y'])],
    }),
  ],
  'joining 2⁴⁰ elements by doubling': [
    'BAD_MODEL',
    /beyond the limit/,
    model({
      nodes: Array.from({ length: 40 }, (_, i) =>
        node('Concat', i === 0 ? ['x', 'x'] : [`c${i}`, `c${i}`], [i === 39 ? 'y' : `c${i + 1}`], {
          axis: 1,
        }),
      ),
    }),
  ],
  'doubling a constant': [
    'BAD_MODEL',
    /would make a constant|beyond the limit/,
    model({
      initializers: [floats('c0', [1024], ramp(1024))],
      nodes: Array.from({ length: 40 }, (_, i) =>
        node('Concat', [`c${i}`, `c${i}`], [i === 39 ? 'y' : `c${i + 1}`], { axis: 0 }),
      ),
    }),
  ],
  'an index outside its table': [
    'BAD_MODEL',
    /an index is outside the 2 entries/,
    model({
      initializers: [floats('w', [2], [1, 2]), ints('i', [1], [7])],
      nodes: [node('Gather', ['w', 'i'], ['y'])],
    }),
  ],
};

for (const [name, [code, message, bytes]] of Object.entries(hostile))
  test(`a hostile ONNX file is one clear error, at once and without much memory: ${name}`, (t) => {
    const memory = process.memoryUsage().rss;
    const started = performance.now();
    const error = t.throws<SmugError>(() => load(bytes));
    t.is(error?.code as string | undefined, code, error?.message);
    t.regex(error?.message ?? '', message);
    // Generous: a shared machine, and other tests in the same process.
    t.true(performance.now() - started < 5000);
    t.true(process.memoryUsage().rss - memory < 2 ** 30);
  });

test('every truncation of a file is an error or the same model, never a crash', (t) => {
  const bytes = model(conv({ pads: [1, 1, 1, 1] }));
  for (let length = 0; length < bytes.length; length++) {
    const error = t.throws<SmugError>(() => load(bytes.subarray(0, length)));
    t.is(error?.name, 'SmugError', `${length} of ${bytes.length} bytes: ${error?.stack}`);
  }
  t.notThrows(() => load(bytes));
});

test('ten thousand nodes in a chain load without deep recursion, in seconds', (t) => {
  const nodes = Array.from({ length: 10_000 }, (_, i) =>
    node('Relu', [i === 0 ? 'x' : `v${i}`], [i === 9999 ? 'y' : `v${i + 1}`]),
  );
  const started = performance.now();
  t.notThrows(() => load(model({ nodes })));
  t.true(performance.now() - started < 10_000);
});
