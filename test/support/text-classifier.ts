// A small BERT as ONNX files hold it, and its definition written out in float64.
import type { OnnxNode, OnnxTensor } from '../../dist/loaders/onnx/schema.js';
import { floats, ints, model, node, value } from '../loaders/onnx-writer.js';
import { gelu } from './gelu.js';
import { Random } from './random.js';

/** Words, positions, dimensions, heads, dimensions inside, classes. */
const [WORDS, POSITIONS, DIMENSIONS, HEADS, INNER, CLASSES] = [14, 16, 8, 2, 12, 3];
const EPSILON = 1e-5;
export const PADDING = 1;

export interface ClassifierForm {
  /** How its exporter writes masks, norms and gelu: torch.onnx before 2.5, or dynamo. */
  exporter: 'legacy' | 'dynamo';
  /** Positions of the inputs; −1 leaves them open. */
  positions: number;
  /** RoBERTa counts positions from those words that are no padding. */
  countsWords?: boolean;
  /** A third input, as BERT and ALBERT have it. */
  sentences?: boolean;
  /** What is added to scores that are masked. */
  lowest?: number;
}

const random = new Random(29);
const tensor = (...shape: number[]) => random.tensor(shape, 0.5).data;
const around = (size: number) => random.uniform([size], 0.5, 1.5).data;

const weights = {
  word: tensor(WORDS, DIMENSIONS),
  position: tensor(POSITIONS + PADDING + 1, DIMENSIONS),
  sentence: tensor(2, DIMENSIONS),
  norm0: around(DIMENSIONS),
  shift0: tensor(DIMENSIONS),
  query: tensor(DIMENSIONS, DIMENSIONS),
  queryBias: tensor(DIMENSIONS),
  key: tensor(DIMENSIONS, DIMENSIONS),
  keyBias: tensor(DIMENSIONS),
  value: tensor(DIMENSIONS, DIMENSIONS),
  valueBias: tensor(DIMENSIONS),
  out: tensor(DIMENSIONS, DIMENSIONS),
  outBias: tensor(DIMENSIONS),
  norm1: around(DIMENSIONS),
  shift1: tensor(DIMENSIONS),
  up: tensor(DIMENSIONS, INNER),
  upBias: tensor(INNER),
  down: tensor(INNER, DIMENSIONS),
  downBias: tensor(DIMENSIONS),
  norm2: around(DIMENSIONS),
  shift2: tensor(DIMENSIONS),
  pool: tensor(DIMENSIONS, DIMENSIONS),
  poolBias: tensor(DIMENSIONS),
  class: tensor(CLASSES, DIMENSIONS),
  classBias: tensor(CLASSES),
};

const shapes: Partial<Record<keyof typeof weights, number[]>> = {
  word: [WORDS, DIMENSIONS],
  position: [POSITIONS + PADDING + 1, DIMENSIONS],
  sentence: [2, DIMENSIONS],
  up: [DIMENSIONS, INNER],
  down: [INNER, DIMENSIONS],
  class: [CLASSES, DIMENSIONS],
};

/** The file, with the inputs input_ids, attention_mask and perhaps token_type_ids. */
export function classifierFile(form: ClassifierForm): Uint8Array {
  const square = ['query', 'key', 'value', 'out', 'pool'];
  const initializers: OnnxTensor[] = Object.entries(weights).map(([name, data]) =>
    floats(
      name,
      shapes[name as never] ?? (square.includes(name) ? [DIMENSIONS, DIMENSIONS] : [data.length]),
      data,
    ),
  );
  const numbers: Record<string, number[]> = {
    i0: [0],
    i1: [1],
    i2: [2],
    i3: [3],
    minus1: [-1],
    long: [1, -1, HEADS, DIMENSIONS / HEADS],
    flat: [1, -1, DIMENSIONS],
  };
  for (const [name, data] of Object.entries(numbers)) initializers.push(ints(name, [data.length], data));
  for (const [name, one] of [
    ['s0', 0],
    ['s1', 1],
    ['padding', PADDING],
  ] as const)
    initializers.push(ints(name, [], [one]));
  for (const [name, one] of [
    ['half', 0.5],
    ['one', 1],
    ['two', 2],
    ['root2', Math.SQRT2],
    ['epsilon', EPSILON],
    ['zero', 0],
    ['lowest', form.lowest ?? -3.4028234663852886e38],
    ['scale', (DIMENSIONS / HEADS) ** -0.5],
  ] as const)
    initializers.push(floats(name, [], [one]));
  initializers.push(
    ints(
      'allPositions',
      [1, POSITIONS],
      Array.from({ length: POSITIONS }, (_, at) => at),
    ),
  );
  initializers.push(ints('allSentences', [1, POSITIONS + 2], new Array<number>(POSITIONS + 2).fill(0)));
  const shape = [form.positions < 0 ? -1 : 1, form.positions];
  const names = ['input_ids', 'attention_mask', ...(form.sentences ? ['token_type_ids'] : [])];
  const nodes = [
    ...(form.countsWords ? countedPositions() : slicedPositions()),
    node('Gather', ['word', 'input_ids'], ['words']),
    node('Gather', ['sentence', form.sentences ? 'token_type_ids' : 'sentences'], ['typed']),
    node('Gather', ['position', 'positions'], ['placed']),
    node('Add', ['words', 'typed'], ['sum0']),
    node('Add', ['sum0', 'placed'], ['sum1']),
    ...norm(form, 'sum1', 'norm0', 'shift0', 'h0'),
    ...(form.exporter === 'legacy' ? legacyMask() : dynamoMask()),
    ...attention(),
    node('Add', ['attended', 'h0'], ['sum2']),
    ...norm(form, 'sum2', 'norm1', 'shift1', 'h1'),
    ...linear('h1', 'up', 'upBias', 'inner'),
    ...(form.exporter === 'legacy' ? writtenGelu() : [node('Gelu', ['inner'], ['g'])]),
    ...linear('g', 'down', 'downBias', 'outer'),
    node('Add', ['outer', 'h1'], ['sum3']),
    ...norm(form, 'sum3', 'norm2', 'shift2', 'h2'),
    node('Gather', ['h2', 's0'], ['first'], { axis: 1 }),
    ...linear('first', 'pool', 'poolBias', 'pooled'),
    node('Tanh', ['pooled'], ['t']),
    node('Gemm', ['t', 'class', 'classBias'], ['logits'], { transB: 1 }),
  ];
  const sentences = form.sentences
    ? []
    : [node('GatherElements', ['allSentences', 'positions'], ['sentences'], { axis: 1 })];
  const at = nodes.findIndex(({ outputs }) => outputs[0] === 'words');
  nodes.splice(at, 0, ...sentences);
  const inputs = names.map((name) => value(name, shape, 7));
  return model(
    { inputs, outputs: [value('logits', [])], initializers, nodes },
    form.exporter === 'legacy' ? 17 : 20,
  );
}

function slicedPositions(): OnnxNode[] {
  return [
    node('Shape', ['input_ids'], ['sizes']),
    node('Gather', ['sizes', 's1'], ['size']),
    node('Unsqueeze', ['size', 'i0'], ['sizeRow']),
    node('Slice', ['allPositions', 'i0', 'sizeRow', 'i1', 'i1'], ['positions']),
  ];
}

function countedPositions(): OnnxNode[] {
  return [
    node('Equal', ['input_ids', 'padding'], ['isPadding']),
    node('Not', ['isPadding'], ['isWord']),
    node('Cast', ['isWord'], ['wordCount'], { to: 7 }),
    node('CumSum', ['wordCount', 's1'], ['counted']),
    node('Mul', ['counted', 'wordCount'], ['countedWords']),
    node('Add', ['countedWords', 'padding'], ['positions']),
  ];
}

function norm(form: ClassifierForm, x: string, scale: string, shift: string, out: string): OnnxNode[] {
  if (form.exporter === 'dynamo')
    return [node('LayerNormalization', [x, scale, shift], [out], { axis: -1, epsilon: { float: EPSILON } })];
  const part = (name: string) => `${out}.${name}`;
  return [
    node('ReduceMean', [x], [part('mean')], { axes: [-1] }),
    node('Sub', [x, part('mean')], [part('centred')]),
    node('Pow', [part('centred'), 'two'], [part('square')]),
    node('ReduceMean', [part('square')], [part('variance')], { axes: [-1] }),
    node('Add', [part('variance'), 'epsilon'], [part('more')]),
    node('Sqrt', [part('more')], [part('deviation')]),
    node('Div', [part('centred'), part('deviation')], [part('normal')]),
    node('Mul', [part('normal'), scale], [part('scaled')]),
    node('Add', [part('scaled'), shift], [out]),
  ];
}

/** The mask looked up in its flattened self, and expanded to a shape that is computed. */
function legacyMask(): OnnxNode[] {
  return [
    node('Cast', ['attention_mask'], ['maskTruth'], { to: 9 }),
    node('Shape', ['maskTruth'], ['maskSizes']),
    node('Gather', ['maskSizes', 's0'], ['batch']),
    node('Gather', ['maskSizes', 's1'], ['length']),
    node('Range', ['s0', 'length', 's1'], ['keys']),
    node('Range', ['s0', 'batch', 's1'], ['samples']),
    node('Unsqueeze', ['samples', 'i1'], ['samples1']),
    node('Mul', ['samples1', 'length'], ['starts']),
    node('Add', ['keys', 'starts'], ['places']),
    node('Flatten', ['maskTruth'], ['flatMask'], { axis: 2 }),
    node('Gather', ['flatMask', 'places'], ['looked'], { axis: 0 }),
    node('Shape', ['places'], ['placesShape']),
    node('Reshape', ['looked', 'placesShape'], ['found']),
    node('Cast', ['found'], ['foundTruth'], { to: 9 }),
    node('Unsqueeze', ['foundTruth', 'i1'], ['found3']),
    node('Unsqueeze', ['found3', 'i1'], ['found4']),
    node('ConstantOfShape', ['i1'], ['always'], {
      value: { ...ints('', [1], [1]), dataType: 9, int64s: [], int32s: [1] },
    }),
    node('And', ['always', 'found4'], ['allowed']),
    node('Unsqueeze', ['batch', 'i0'], ['batchRow']),
    node('Unsqueeze', ['length', 'i0'], ['lengthRow']),
    node('Concat', ['batchRow', 'minus1', 'lengthRow', 'lengthRow'], ['wanted'], { axis: 0 }),
    node('Shape', ['wanted'], ['wantedRank']),
    node('ConstantOfShape', ['wantedRank'], ['ones'], { value: ints('', [1], [1]) }),
    node('Mul', ['ones', 'minus1'], ['opens']),
    node('Equal', ['wanted', 'opens'], ['isOpen']),
    node('Where', ['isOpen', 'ones', 'wanted'], ['expanded']),
    node('Expand', ['allowed', 'expanded'], ['wholeMask']),
    node('Where', ['wholeMask', 'zero', 'lowest'], ['added']),
  ];
}

/** The mask picked entry by entry. */
function dynamoMask(): OnnxNode[] {
  return [
    node('Cast', ['attention_mask'], ['maskTruth'], { to: 9 }),
    node('Shape', ['attention_mask'], ['batchRow'], { start: 0, end: 1 }),
    node('Squeeze', ['batchRow'], ['batch']),
    node('Shape', ['attention_mask'], ['lengthRow'], { start: 1, end: 2 }),
    node('Squeeze', ['lengthRow'], ['length']),
    node('Range', ['s0', 'batch', 's1'], ['samples']),
    node('Range', ['s0', 'length', 's1'], ['keys']),
    node('Unsqueeze', ['samples', 'i1'], ['samples1']),
    node('Unsqueeze', ['samples1', 'i2'], ['samples2']),
    node('Unsqueeze', ['samples2', 'i3'], ['samples3']),
    node('Unsqueeze', ['keys', 'i0'], ['keys1']),
    node('Unsqueeze', ['keys1', 'i0'], ['keys2']),
    node('Unsqueeze', ['keys2', 'i0'], ['keys3']),
    node('Max', ['samples3', 'keys3'], ['both']),
    node('Shape', ['both'], ['bothShape'], { start: 0 }),
    node('Expand', ['samples3', 'bothShape'], ['samplesAll']),
    node('Expand', ['keys3', 'bothShape'], ['keysAll']),
    node('Unsqueeze', ['samplesAll', 'minus1'], ['samplesLast']),
    node('Unsqueeze', ['keysAll', 'minus1'], ['keysLast']),
    node('Concat', ['samplesLast', 'keysLast'], ['places'], { axis: -1 }),
    node('GatherND', ['maskTruth', 'places'], ['allowed']),
    node('Where', ['allowed', 'zero', 'lowest'], ['added']),
  ];
}

function linear(x: string, matrix: string, bias: string, out: string): OnnxNode[] {
  return [node('MatMul', [x, matrix], [`${out}.product`]), node('Add', [bias, `${out}.product`], [out])];
}

function attention(): OnnxNode[] {
  const heads = (name: string, perm: number[]) => [
    ...linear('h0', name, `${name}Bias`, `${name}.all`),
    node('Reshape', [`${name}.all`, 'long'], [`${name}.parts`]),
    node('Transpose', [`${name}.parts`], [`${name}.heads`], { perm }),
  ];
  return [
    ...heads('query', [0, 2, 1, 3]),
    ...heads('key', [0, 2, 3, 1]),
    ...heads('value', [0, 2, 1, 3]),
    node('MatMul', ['query.heads', 'key.heads'], ['alike']),
    node('Mul', ['alike', 'scale'], ['scaled']),
    node('Add', ['scaled', 'added'], ['scores']),
    node('Softmax', ['scores'], ['shares'], { axis: -1 }),
    node('IsNaN', ['shares'], ['isNaN']),
    node('Where', ['isNaN', 'zero', 'shares'], ['sharesOrZero']),
    node('MatMul', ['sharesOrZero', 'value.heads'], ['mixed']),
    node('Transpose', ['mixed'], ['turned'], { perm: [0, 2, 1, 3] }),
    node('Reshape', ['turned', 'flat'], ['joined']),
    ...linear('joined', 'out', 'outBias', 'attended'),
  ];
}

function writtenGelu(): OnnxNode[] {
  return [
    node('Div', ['inner', 'root2'], ['r']),
    node('Erf', ['r'], ['e']),
    node('Add', ['e', 'one'], ['p']),
    node('Mul', ['inner', 'p'], ['q']),
    node('Mul', ['q', 'half'], ['g']),
  ];
}

type Row = number[];

const product = (x: Row, matrix: Float32Array, bias: Float32Array): Row =>
  Array.from(bias, (one, column) =>
    x.reduce((sum, entry, row) => sum + entry * matrix[row * bias.length + column], one),
  );

function normal(x: Row, scale: Float32Array, shift: Float32Array): Row {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((sum, entry) => sum + (entry - mean) ** 2, 0) / x.length;
  return x.map((entry, at) => ((entry - mean) / Math.sqrt(variance + EPSILON)) * scale[at] + shift[at]);
}

const sum = (a: Row, b: Row): Row => a.map((entry, at) => entry + b[at]);
const row = (table: Float32Array, index: number): Row =>
  Array.from(table.subarray(index * DIMENSIONS, (index + 1) * DIMENSIONS));

/** The vectors of words. */
export const embedded = (ids: readonly number[]): Row[] => ids.map((id) => row(weights.word, id));

/**
 * The logits, by the definition, of positions of which some are real: those that are not are attended by none.
 * @param words one vector per position
 */
export function classifierLogits(
  words: readonly Row[],
  real: readonly boolean[],
  { countsWords }: Partial<ClassifierForm>,
): Row {
  let seen = 0;
  const h0 = words.map((vector, at) => {
    const counted = real[at] ? PADDING + ++seen : PADDING;
    const place = countsWords ? counted : at;
    const all = sum(sum(vector, row(weights.sentence, 0)), row(weights.position, place));
    return normal(all, weights.norm0, weights.shift0);
  });
  const [q, k, v] = (['query', 'key', 'value'] as const).map((name) =>
    h0.map((h) => product(h, weights[name], weights[`${name}Bias`])),
  );
  const size = DIMENSIONS / HEADS;
  const mixed = h0.map((_, at) => {
    const joined: Row = [];
    for (let head = 0; head < HEADS; head++) {
      const part = (x: Row) => x.slice(head * size, (head + 1) * size);
      const raised = k.map((key, to) =>
        real[to]
          ? Math.exp(
              part(q[at]).reduce((total, entry, i) => total + entry * part(key)[i], 0) / Math.sqrt(size),
            )
          : 0,
      );
      const total = raised.reduce((a, b) => a + b);
      for (let i = 0; i < size; i++)
        joined.push(raised.reduce((all, share, to) => all + (share / total) * part(v[to])[i], 0));
    }
    return joined;
  });
  const h2 = h0.map((h, at) => {
    const h1 = normal(
      sum(product(mixed[at], weights.out, weights.outBias), h),
      weights.norm1,
      weights.shift1,
    );
    const inner = product(h1, weights.up, weights.upBias).map(gelu);
    return normal(sum(product(inner, weights.down, weights.downBias), h1), weights.norm2, weights.shift2);
  });
  const pooled = product(h2[0], weights.pool, weights.poolBias).map(Math.tanh);
  return Array.from(weights.classBias, (bias, c) =>
    pooled.reduce((total, entry, i) => total + entry * weights.class[c * DIMENSIONS + i], bias),
  );
}
