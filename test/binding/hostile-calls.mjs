// Calls the raw addon (its path is the argument) with everything that its TypeScript callers never give it, and prints
// one line of JSON per call: { name, outcome }. A crash ends the process before the line of the call that caused it.
import { createRequire } from 'node:module';

const addon = createRequire(import.meta.url)(process.argv[2]);

async function call(name, work) {
  let outcome;
  try {
    const value = await work();
    outcome = { value: describe(value) };
  } catch (error) {
    outcome = { error: error.constructor.name, code: error.code, message: error.message };
  }
  process.stdout.write(`${JSON.stringify({ name, outcome })}\n`);
}

function describe(value) {
  if (value?.status !== undefined) return value.status;
  if (value?.outputs !== undefined) return Array.from(value.outputs[0]);
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return typeof value;
}

/** A typed array whose buffer can shrink. */
function shrinkable(Kind, values) {
  const bytes = values.length * Kind.BYTES_PER_ELEMENT;
  const array = new Kind(new ArrayBuffer(bytes, { maxByteLength: bytes }));
  array.set(values);
  return array;
}

const shrink = (array) => array.buffer.resize(0);
const detach = (array) => structuredClone(array.buffer, { transfer: [array.buffer] });
const detached = (array) => (detach(array), array);

/** `object` with a property that does `harm` before it gives its value. */
function withGetter(object, name, harm) {
  const value = object[name];
  return Object.defineProperty({ ...object }, name, {
    enumerable: true,
    get() {
      harm();
      return value;
    },
  });
}

if (addon.startComponent) await solver();
if (addon.blockProof) await blocks();
if (addon.cpuCompile) await engine();
if (addon.enlargeCrops) await crops();
if (addon.resampleAcross) await resampling();
if (addon.topNodes) await nodes();
process.stdout.write(`${JSON.stringify({ name: 'end', outcome: {} })}\n`);

async function solver() {
  // 2·a + b ≥ 2, c ≥ 1
  const problem = () => ({
    variables: 3,
    offsets: shrinkable(Uint32Array, [0, 2, 3]),
    columns: shrinkable(Uint32Array, [0, 1, 2]),
    coefficients: shrinkable(Int32Array, [2, 1, 1]),
    bounds: shrinkable(Float64Array, [2, 1]),
  });
  const options = () => ({
    costs: shrinkable(Int32Array, [1, 1, 1]),
    initial: shrinkable(Uint8Array, [1, 1, 1]),
  });
  const solve = (given, settings = {}, prover = 'z3', report = () => {}) =>
    addon.startComponent(prover, given, settings, report).promise;
  const solved = (name, change, settings) => call(`solve: ${name}`, () => solve(change(problem()), settings));

  await solved('as meant', (given) => given);
  await solved('an offset far out', (given) => ({ ...given, offsets: Uint32Array.of(0, 2 ** 30, 3) }));
  await solved('offsets that descend', (given) => ({
    ...given,
    offsets: Uint32Array.of(0, 3, 3, 2, 3),
    bounds: new Float64Array(4),
  }));
  await solved('no offsets', (given) => ({
    ...given,
    offsets: new Uint32Array(0),
    bounds: new Float64Array(0),
  }));
  await solved('a column far out', (given) => ({ ...given, columns: Uint32Array.of(0, 2 ** 31, 2) }));
  await solved('a bound that is no number', (given) => ({ ...given, bounds: Float64Array.of(NaN, 1) }));
  for (const variables of [-1, 2.5, NaN, 1e300, '3', undefined, null]) {
    await solved(`${variables} variables`, (given) => ({ ...given, variables }));
  }
  const fields = ['offsets', 'columns', 'coefficients', 'bounds'];
  for (const field of fields) {
    for (const wrong of [
      new Uint8Array(24),
      new BigInt64Array(3),
      new DataView(new ArrayBuffer(24)),
      [0, 2, 3],
      null,
      7,
    ]) {
      await solved(`${field} as ${wrong?.constructor.name}`, (given) => ({ ...given, [field]: wrong }));
    }
    await solved(`${field} detached`, (given) => ({ ...given, [field]: detached(given[field]) }));
    for (const [what, harm] of Object.entries({ shrink, detach })) {
      for (const other of fields) {
        await solved(`reading ${field} harms ${other} (${what})`, (given) =>
          withGetter(given, field, () => harm(given[other])),
        );
      }
    }
  }
  for (const field of ['costs', 'initial']) {
    await solved(`${field} as Float64Array`, (given) => given, { [field]: new Float64Array(3) });
    for (const other of ['costs', 'initial']) {
      const own = options();
      await solved(
        `reading ${field} shrinks ${other}`,
        (given) => given,
        withGetter(own, field, () => shrink(own[other])),
      );
    }
  }
  await solved('two costs', (given) => given, { costs: Int32Array.of(1, 1) });
  for (const number of [NaN, Infinity, -Infinity, 1e300, -1e300, -1, 2 ** 53]) {
    for (const field of ['seed', 'atMost', 'workLimit', 'seconds']) {
      await solved(`${field} ${number}`, (given) => given, { [field]: number });
    }
  }
  await solved('a seed that is a string', (given) => given, { seed: 'x' });
  await call('solve: no prover', () => solve(problem(), {}, 'cplex'));
  await call('solve: no report', () => solve(problem(), {}, 'z3', null));
  await call('solve: HiGHS, a start of the wrong length', () =>
    solve(problem(), { initial: new Uint8Array(1) }, 'highs'),
  );
  await call('solve: nothing', () => addon.startComponent());
  await call('solve: stopped twice', async () => {
    const run = addon.startComponent('z3', problem(), {}, () => {});
    run.stop();
    run.stop();
    return run.promise;
  });
}

async function blocks() {
  const rows = () => ({
    columns: 2,
    offsets: shrinkable(Uint32Array, [0, 2]),
    entries: shrinkable(Uint32Array, [0, 1]),
    coefficients: shrinkable(Float64Array, [1, 1]),
    bounds: shrinkable(Float64Array, [1]),
  });
  const one = Float64Array.of(1);
  const costs = Float64Array.of(1, 1);
  const proof = (change) => addon.blockProof(change(rows()), costs, one);
  const started = (name, change) => call(`block: ${name}`, () => proof(change));
  const same = (given) => given;
  await started('as meant', same);
  await started('an offset far out', (given) => ({ ...given, offsets: Uint32Array.of(0, 2 ** 30) }));
  await started('offsets that descend', (given) => ({
    ...given,
    offsets: Uint32Array.of(0, 9, 2),
    bounds: Float64Array.of(1, 1),
  }));
  await started('an entry far out', (given) => ({ ...given, entries: Uint32Array.of(0, 2 ** 31) }));
  for (const columns of [-1, NaN, 2 ** 40, '2'])
    await started(`${columns} columns`, (given) => ({ ...given, columns }));
  const fields = ['offsets', 'entries', 'coefficients', 'bounds'];
  for (const field of fields) {
    await started(`${field} as Uint8Array`, (given) => ({ ...given, [field]: new Uint8Array(16) }));
    for (const other of fields) {
      await started(`reading ${field} detaches ${other}`, (given) =>
        withGetter(given, field, () => detach(given[other])),
      );
    }
  }
  await call('block: costs as Float32Array', () => addon.blockProof(rows(), new Float32Array(2), one));
  for (const handle of [undefined, {}, 7, addon.cpuCancelFlag?.()]) {
    await call(`block: resume on ${typeof handle}`, () => addon.blockResume(handle, 1));
  }
  for (const nodes of [NaN, -1, 1e300, '1', undefined]) {
    await call(`block: resume ${nodes}`, () => {
      const handle = proof(same);
      addon.blockBegin(handle, 1, 100);
      return addon.blockResume(handle, nodes);
    });
  }
  await call('block: resume before begin', () => addon.blockResume(proof(same), 10));
}

async function engine() {
  // y = x·[[1, 2], [3, 4]], two outputs
  const graph = () => ({
    values: [
      { name: 'x', shape: [1, 2] },
      { name: 'w', shape: [2, 2], data: shrinkable(Float32Array, [1, 3, 2, 4]) },
      { name: 'y', shape: [1, 2] },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [{ op: 'dense', name: 'dense', inputs: [0, 1], output: 2 }],
  });
  const compiled = (change = (given) => given, options = {}) => addon.cpuCompile(change(graph()), options);
  const withData = (data) => (given) => ({
    ...given,
    values: given.values.map((value, i) => (i === 1 ? { ...value, data } : value)),
  });

  for (const data of [
    new Uint8Array(16),
    new Float64Array(4),
    new Float32Array(3),
    [1, 2, 3, 4],
    detached(new Float32Array(4)),
  ]) {
    await call(`compile: weights as ${data.constructor.name}(${data.length})`, () =>
      compiled(withData(data)),
    );
  }
  await call('compile: nothing', () => addon.cpuCompile());
  for (const field of ['values', 'nodes']) {
    await call(`compile: ${field} a number`, () => compiled((given) => ({ ...given, [field]: 7 })));
    await call(`compile: ${field} of nulls`, () => compiled((given) => ({ ...given, [field]: [null] })));
  }
  await call('compile: an input far out', () => compiled((given) => ({ ...given, inputs: [2 ** 31 - 1] })));
  await call('compile: a shape too large', () =>
    compiled((given) => ({ ...given, values: [{ name: 'x', shape: [1e9, 1e9] }, ...given.values.slice(1)] })),
  );
  for (const memoryBudget of [-1, NaN, '1']) {
    await call(`compile: memoryBudget ${memoryBudget}`, () => compiled(undefined, { memoryBudget }));
  }

  const network = compiled();
  const request = (change = {}) => ({
    batches: 2,
    wanted: [2],
    gradientsAt: [],
    inputs: [Float32Array.of(1, 0, 0, 1)],
    ...change,
  });
  const backward = (change = {}) =>
    request({ wanted: [], gradientsAt: [0], targets: Int32Array.of(0, 1), ...change });
  const run = (given, flag) => addon.cpuRun(network, given, flag);
  await call('run: as meant', () => run(request()));
  await call('run: backward', () => run(backward()));
  for (const batches of [0, -1, 2.5, NaN, 2 ** 40, '2', undefined])
    await call(`run: ${batches} batches`, () => run(request({ batches })));
  for (const input of [
    new Uint8Array(4),
    new Float64Array(4),
    new Float32Array(3),
    [1, 0, 0, 1],
    undefined,
  ]) {
    await call(`run: an input as ${input?.constructor.name}`, () => run(request({ inputs: [input] })));
  }
  await call('run: no inputs', () => run(request({ inputs: [] })));
  await call('run: a value far out', () => run(request({ wanted: [99] })));
  await call('run: a gradient far out', () => run(backward({ gradientsAt: [-1] })));
  for (const targets of [
    Int32Array.of(0, 2),
    Int32Array.of(-1, 0),
    Int32Array.of(0),
    new Float32Array(2),
    undefined,
  ]) {
    await call(`run: targets ${targets?.constructor.name} ${targets}`, () => run(backward({ targets })));
  }
  await call('run: nothing', () => addon.cpuRun(network));
  await call('run: a flag of another kind', () => run(request(), network));
  await call('run: a network of another kind', () => addon.cpuRun(addon.cpuCancelFlag(), request()));
  await call('run: an input transferred meanwhile', () => {
    const given = request();
    const running = run(given);
    detach(given.inputs[0]);
    return running;
  });
  await call('run: reading targets shrinks the input', () => {
    const input = shrinkable(Float32Array, [1, 0, 0, 1]);
    return run(withGetter(backward({ inputs: [input] }), 'targets', () => shrink(input)));
  });

  const activation = Float32Array.of(1, 2);
  const paths = (change = {}) => [{ activation, target: 1, ...change }];
  for (const wrong of [new Uint8Array(2), new Float32Array(1), new Float64Array(2), [1, 2], undefined]) {
    await call(`integrator: an activation as ${wrong?.constructor.name}`, () =>
      addon.cpuIntegrator(network, paths({ activation: wrong })),
    );
    if (wrong)
      await call(`integrator: a baseline as ${wrong.constructor.name}`, () =>
        addon.cpuIntegrator(network, paths({ baseline: wrong })),
      );
  }
  for (const target of [-1, 2, NaN, '1', undefined])
    await call(`integrator: target ${target}`, () => addon.cpuIntegrator(network, paths({ target })));
  await call('integrator: no list', () => addon.cpuIntegrator(network, { length: 1 }));
  const integrator = addon.cpuIntegrator(network, paths());
  const evaluate = (at, alphas) => addon.cpuEvaluate(integrator, at, alphas, undefined);
  await call('evaluate: as meant', () => evaluate(Int32Array.of(0), Float64Array.of(0.5)));
  await call('evaluate: paths as Uint8Array', () => evaluate(new Uint8Array(1), Float64Array.of(0.5)));
  await call('evaluate: alphas as Float32Array', () => evaluate(Int32Array.of(0), new Float32Array(1)));
  await call('evaluate: too few alphas', () => evaluate(new Int32Array(1000), new Float64Array(1)));
  await call('evaluate: a path far out', () => evaluate(Int32Array.of(7), Float64Array.of(0.5)));
  await call('combine: weights as Float32Array', () => addon.cpuCombine(integrator, 0, new Float32Array(1)));
  await call('combine: too many weights', () => addon.cpuCombine(integrator, 0, new Float64Array(1000)));
  for (const path of [-1, 1, NaN, '0'])
    await call(`slopes: path ${path}`, () => addon.cpuSlopes(integrator, path));
  for (const repeats of [0, NaN, 'x'])
    await call(`profile: ${repeats} repeats`, () => addon.cpuProfile(network, request(), repeats));
  for (const samples of [0, -1, NaN])
    await call(`floor: ${samples} samples`, () => addon.cpuFloor(network, samples, 1));
  addon.cpuDispose(network);
  await call('run: a disposed network', () => run(request()));
  await call('dispose: nothing', () => addon.cpuDispose());
}

async function crops() {
  const sizes = [1, 2, 2, 2, 1];
  const enlarge = (image, sizes, crops) =>
    addon.enlargeCrops(image, Int32Array.from(sizes), Int32Array.from(crops));
  const image = () => shrinkable(Float32Array, [1, 2, 3, 4]);
  await call('crops: as meant', () => enlarge(image(), sizes, [0, 0, 2, 1]));
  await call('crops: none', () => enlarge(image(), sizes, []));
  await call('crops: nothing at all', () => addon.enlargeCrops());
  await call('crops: an image of bytes', () => enlarge(new Uint8Array(4), sizes, [0, 0, 2, 1]));
  await call('crops: a detached image', () => enlarge(detached(image()), sizes, [0, 0, 2, 1]));
  await call('crops: three edges', () => enlarge(image(), sizes, [0, 0, 2]));
  await call('crops: four sizes', () => enlarge(image(), sizes.slice(1), [0, 0, 2, 1]));
  for (const other of [
    [1, 2, 3, 2, 1],
    [0, 2, 2, 2, 1],
    [-1, -2, 2, 2, 1],
    [1, 2, 2, 7, 1],
    [2 ** 31 - 1, 2 ** 31 - 1, 4, 1, 4],
  ]) {
    await call(`crops: sizes ${other}`, () => enlarge(image(), other, [0, 0, 2, 1]));
  }
  for (const edges of [
    [-1, 0, 2, 1],
    [0, 0, 3, 1],
    [0, 0, 2, 2],
    [1, 0, 1, 1],
    [2, 0, 1, 1],
    [0, 1, 2, 1],
  ]) {
    await call(`crops: edges ${edges}`, () => enlarge(image(), sizes, edges));
  }
}

async function resampling() {
  // Two pixels a line become one, their mean; two lines become one.
  const half = Float64Array.of(0.5, 0.5);
  const way =
    (kind, pass, meant) =>
    (name, change = {}) => {
      const { from = Float32Array.of(1, 3, 5, 7), to = new Float32Array(2), sizes = meant } = change;
      const { starts = [0], lengths = [2], weights = half } = change;
      const whole = [sizes, starts, lengths].map((numbers) => Int32Array.from(numbers));
      return call(`${kind}: ${name}`, () => {
        addon[pass](from, to, ...whole, weights);
        return to;
      });
    };
  const across = way('across', 'resampleAcross', [0, 2, 2, 1, 2]);
  const down = way('down', 'resampleDown', [0, 1, 2, 0, 2]);
  await across('as meant');
  await across('floats into bytes', { to: new Uint8Array(2) });
  await across('words', { from: new Uint16Array(4) });
  await across('a detached picture', { from: detached(Float32Array.of(1, 3, 5, 7)) });
  await across('a line too many', { sizes: [0, 3, 2, 1, 2] });
  await across('lines backward', { sizes: [2, 0, 2, 1, 2] });
  await across('a line before the first', { sizes: [-1, 1, 2, 1, 2] });
  await across('no width', { sizes: [0, 2, 0, 1, 2] });
  await across('two channels', { sizes: [0, 1, 2, 2, 2] });
  await across('sizes of a giant', { sizes: [0, 2 ** 31 - 1, 2 ** 31 - 1, 3, 2] });
  // Line, width and channels multiplied are a negative number of 64 bits.
  const giant = [2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31 - 1, 3, 2];
  await across('the last line of a giant', { sizes: giant, to: new Float32Array(3) });
  await across('four sizes', { sizes: [0, 2, 2, 1] });
  await across('no stride', { sizes: [0, 2, 2, 1, 0] });
  await across('too little room', { to: new Float32Array(1) });
  await across('a sample before the line', { starts: [-1] });
  await across('a sample behind the line', { starts: [1] });
  await across('more samples than weights', { lengths: [3], sizes: [0, 2, 2, 1, 3] });
  await across('fewer lengths than starts', { starts: [0, 0] });
  await across('no weights', { weights: new Float64Array(0) });
  await down('as meant');
  await down('no length', { sizes: [0, 1, 0, 0, 2] });
  await down('lines that begin later', { sizes: [0, 1, 2, 1, 2] });
  await down('a line that is not there', { lengths: [2], starts: [1] });
  await down('two lines of one weight', { sizes: [0, 2, 2, 0, 2] });
  await down('too little room', { to: new Float32Array(1) });
  await down('a detached picture', { from: detached(Float32Array.of(1, 3, 5, 7)) });
}

async function nodes() {
  const scores = Float32Array.of(1, -1, 3, 2);
  await call('nodes: as meant', () => addon.topNodes(scores, 2));
  await call('nodes: more than there are', () => addon.topNodes(scores, 2 ** 32 - 1));
  await call('nodes: detached', () => addon.topNodes(detached(Float32Array.of(1)), 2));
  await call('nodes: doubles', () => addon.topNodes(Float64Array.of(1), 2));
  await call('nodes: fewer than none', () => addon.topNodes(scores, -1));
  await call('nodes: two and a half', () => addon.topNodes(scores, 2.5));
  await call('kept: as meant', () => addon.countKept(scores, Float32Array.of(1, 1, 1, 1), 0.4));
  await call('kept: fewer hidden', () => addon.countKept(scores, Float32Array.of(1), 0.4));
  await call('kept: no gamma', () => addon.countKept(scores, scores));
  await call('pages: as meant', () => addon.returnBlocksFrom(2 ** 17));
  await call('pages: none', () => addon.returnBlocksFrom(0));
}
