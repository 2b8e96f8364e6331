// Certificates of full encodings: true ones are accepted as far as they can be shown, forged ones of every kind refused.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { EncodingCertificate } from '../../dist/api/encoding-certificate.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { ExactNetwork as SearchedNetwork, toNumbers } from '../../dist/full-encoding/exact-logits.js';
import { layeredNetwork } from '../../dist/full-encoding/layered-network.js';
import { solveEncoding } from '../../dist/full-encoding/solve-encoding.js';
import { networkFromFirstLayer } from '../../dist/graph/explained-network.js';
import type { Graph } from '../../dist/graph/graph.js';
import { explainFullEncoding, loadModel, verifyCertificate, verifyFullEncoding } from '../../dist/index.js';
import { ExactNetwork } from '../../dist/verification/encoding/exact-network.js';
import { fractionsOf, rounded } from '../../dist/verification/encoding/fractions.js';
import { networkDigest } from '../../dist/verification/encoding/network-digest.js';
import { verifyEncoding } from '../../dist/verification/encoding/verify-encoding.js';
import { check, checkPrinted } from '../cli/printed-documents.js';
import { digit, projectRoot, smug } from '../cli/smug.js';
import { testWith } from '../support/needs.js';
import { Random } from '../support/random.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { secondChecker } from '../verification/both-checkers.js';
import { mutate } from '../verification/mutations.js';
import { convolutionalNetwork, denseNetwork, type ShortNetwork } from './networks.js';

const python = testWith(secondChecker);

/** A certificate of what the search says of a small network. */
async function certified({ graph, shape, image }: ShortNetwork, delta: number): Promise<EncodingCertificate> {
  const network = layeredNetwork(graph);
  const { status, mask, cells, target, ...found } = await solveEncoding({
    ...{ network, image, delta, timeLimit: 0, threads: 1 },
  });
  const kept = new Set(mask?.map((cell) => cells[cell]));
  const [height, width] = shape.length === 4 ? shape.slice(2) : [1, image.pixels];
  const lowerBound = status === 'infeasible' ? 0 : found.lowerBound;
  return {
    ...{ format: 'smug-encoding-certificate', version: 1, target, delta, status, lowerBound },
    model: { source: 'made here', sha256: networkDigest(graph) },
    image: { inputShape: shape, height, width, layout: 'channels-first', x: [...image.x] },
    mask: mask && Array.from({ length: image.pixels }, (_, pixel) => (kept.has(pixel) ? 1 : 0)),
    size: kept.size,
    gap: mask === null ? 1 : kept.size === 0 ? 0 : (kept.size - lowerBound) / kept.size,
    said: { by: 'the search', nodes: 0, tried: 0 },
  };
}

const verified = (certificate: EncodingCertificate, graph: Graph) =>
  verifyEncoding(certificate, graph, { layout: 'channels-first' }, { timeLimit: 0 });

/** Size and gap as another mask has them. */
function withMask(certificate: EncodingCertificate, mask: number[], lowerBound: number): EncodingCertificate {
  const size = mask.reduce((sum, one) => sum + one, 0);
  return { ...certificate, mask, size, lowerBound, gap: size === 0 ? 0 : (size - lowerBound) / size };
}

/** Another number in the last layer. */
function otherWeights(graph: Graph): Graph {
  const name = graph.nodes.at(-1)!.inputs[1];
  const { data, shape } = graph.constants.get(name)!;
  const constants = new Map(graph.constants);
  constants.set(name, { data: data.map((value, at) => (at === 0 ? value + 0.125 : value)), shape });
  return { ...graph, constants };
}

for (const [kind, build] of [
  ['dense', denseNetwork],
  ['convolutional', convolutionalNetwork],
] as const)
  test(`${kind} networks: what is true is shown exactly, what is forged is refused`, async (t) => {
    const forged = new Map<string, number>();
    const statuses = new Set<string>();
    for (let seed = 0; seed < 120; seed++) {
      const random = new Random(seed);
      const short = build(random, seed % 2 === 0);
      // Images have one channel or three.
      if (short.shape[1] === 2 && short.shape.length === 4) continue;
      const { graph } = short;
      const delta = seed % 3 === 0 ? 0 : random.integer(0, 24) / 8;
      const certificate = await certified(short, delta);
      const { mask, size, target, status } = certificate;
      statuses.add(status);
      const where = `seed ${seed}, ${JSON.stringify(certificate)}`;
      const verdict = await verified(certificate, graph);
      check('encoding-verdict', JSON.parse(JSON.stringify(verdict)));
      check('encoding-certificate', JSON.parse(JSON.stringify(certificate)));
      t.is(verdict.verdict, 'verified-exact', `${where}: ${verdict.failures.join()}`);

      const refuses = async (what: string, lie: EncodingCertificate, model = graph) => {
        forged.set(what, (forged.get(what) ?? 0) + 1);
        const { verdict: word, failures } = await verified(lie, model);
        t.is(word, 'refused', `${what}: ${where}`);
        t.true(failures.length > 0);
      };
      await refuses('another class', { ...certificate, target: target === 0 ? 1 : 0 });
      await refuses('no such class', { ...certificate, target: 99 });
      const other = otherWeights(graph);
      await refuses('another network', certificate, other);
      t.regex((await verified(certificate, other)).failures[0], /another network \(made here\)/);
      await refuses('another image', {
        ...certificate,
        image: { ...certificate.image, x: certificate.image.x.map(() => 0.1) },
      });
      if (mask === null) {
        await refuses('a mask that is none', {
          ...withMask(
            certificate,
            [...short.image.x].map(() => 0),
            0,
          ),
          status: 'optimal',
        });
        continue;
      }
      await refuses('a bound above the size', { ...certificate, lowerBound: size + 1 });
      await refuses('a gap', { ...certificate, gap: 0.5 });
      await refuses('a size', { ...certificate, size: size + 1 });
      const { margin } = verdict.mask!;
      // These numbers are short: the margin is no rounded one. A lead must be more than delta.
      if (margin > 0) await refuses('a margin raised to the lead', { ...certificate, delta: margin });
      await refuses('a margin', { ...certificate, delta: margin + 1 });
      await refuses('no mask at all', {
        ...certificate,
        status: 'infeasible',
        mask: null,
        size: 0,
        lowerBound: 0,
        gap: 1,
      });
      const pixel = mask.indexOf(1);
      if (pixel >= 0)
        await refuses(
          'a pixel dropped',
          withMask(
            certificate,
            mask.map((one, at) => (at === pixel ? 0 : one)),
            size - 1,
          ),
        );
      const off = mask.indexOf(0);
      if (off >= 0)
        await refuses(
          'a larger mask called smallest',
          withMask(
            certificate,
            mask.map((one, at) => (at === off ? 1 : one)),
            size + 1,
          ),
        );
      // Less than is true is true, and a bound that was not reached is one.
      if (size > 0) {
        const weaker = { ...withMask(certificate, mask, size - 1), status: 'feasible' as const };
        t.is((await verified(weaker, graph)).verdict, 'verified-exact', where);
      }
    }
    t.deepEqual([...statuses].sort(), ['infeasible', 'optimal']);
    for (const [what, times] of forged) t.true(times > 5, `${what}: ${times}`);
  });

test("both computations of logits, the search's and the verifier's, and float32 on numbers that it holds", async (t) => {
  for (let seed = 0; seed < 100; seed++) {
    const random = new Random(seed);
    const { graph, shape, image } =
      seed % 2 === 0 ? convolutionalNetwork(random, false) : denseNetwork(random, false);
    const { values, below } = new ExactNetwork(graph).logits(fractionsOf(image.x));
    const ours = values.map((value) => rounded(value, below));
    t.deepEqual(
      ours,
      toNumbers(new SearchedNetwork(layeredNetwork(graph).layers).logits(image.x)),
      `seed ${seed}`,
    );
    const network = await referenceEngine.compile(graph);
    const [{ data }] = await network.forward([{ data: image.x, shape }]);
    network.dispose();
    t.deepEqual(ours, [...data], `seed ${seed}`);
  }
  for (const value of [0.1, -3, 2 ** -149, 1e30, 0, 1 / 3]) {
    const { values, below } = fractionsOf([value]);
    t.is(rounded(values[0], below), value);
  }
});

test('pooling, batch norm and padding by hand', (t) => {
  const graph = (
    nodes: object[],
    shape: number[],
    out: number[],
    constants: [string, number[], number[]][] = [],
  ) => ({
    inputs: ['x'],
    outputs: ['y'],
    nodes: nodes.map((node, at) => ({ name: `n${at}`, inputs: ['x'], output: 'y', ...node })) as never,
    constants: new Map(constants.map(([name, data, of]) => [name, { data, shape: of }])),
    shapes: new Map([
      ['x', shape],
      ['y', out],
    ]),
  });
  const of = (network: ConstructorParameters<typeof ExactNetwork>[0], x: number[]) => {
    const { values, below } = new ExactNetwork(network).logits(fractionsOf(x));
    return values.map((value) => rounded(value, below));
  };
  const pool = { kernel: [2], strides: [2], pads: [1, 1], dilations: [1], ceil: false };
  const average = (countIncludePad: boolean) =>
    graph([{ op: 'averagePool', ...pool, countIncludePad }], [1, 1, 3], [1, 1, 2]);
  t.deepEqual(of(average(true), [1, 2, 4]), [0.5, 3]);
  t.deepEqual(of(average(false), [1, 2, 4]), [1, 3]);
  t.deepEqual(of(graph([{ op: 'maxPool', ...pool }], [1, 1, 3], [1, 1, 2]), [-1, -2, -4]), [-1, -2]);
  t.deepEqual(of(graph([{ op: 'reduceMean', axes: [2], keepDims: true }], [1, 1, 3], [1, 1, 1]), [1, 1, 2]), [
    4 / 3,
  ]);
  const affine = { op: 'affine', inputs: ['x', 's', 't'] };
  const norm: [string, number[], number[]][] = [
    ['s', [2, -1], [2]],
    ['t', [0.5, 1], [2]],
  ];
  t.deepEqual(of(graph([affine], [1, 2, 2], [1, 2, 2], norm), [1, 2, 3, 4]), [2.5, 4.5, -2, -3]);
  const minus = { op: 'sub', inputs: ['c', 'x'] };
  t.deepEqual(of(graph([minus], [1, 2], [1, 2], [['c', [5], [1]]]), [1, 2]), [4, 3]);
  const padded = { op: 'pad', pads: [0, 0, 1, 0, 0, 0], mode: 'constant', value: 0 };
  t.deepEqual(of(graph([padded], [1, 1, 2], [1, 1, 3]), [1, 2]), [0, 1, 2]);
  t.throws(() => new ExactNetwork(graph([{ op: 'softmax' }], [1, 2], [1, 2])), { message: /softmax/ });
});

test("a digit: shown exactly; with a bound that is too far to try, the search's word is named as such", async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const { proof, mask, margin, certificate } = await explainFullEncoding(model, digit(3), {
    certificate: true,
  });
  const verdict = await verifyFullEncoding(model, JSON.parse(JSON.stringify(proof)));
  t.like(verdict, {
    verdict: 'verified-exact',
    status: 'optimal',
    size: mask!.size,
    failures: [],
    reasons: [],
  });
  t.true(Math.abs(verdict.mask!.margin / margin! - 1) < 1e-14);
  // Every mask of up to two pixels.
  const visible = proof!.image.x.filter((value) => value !== 0).length;
  t.is(certificate.lowerBound, 3);
  t.is(verdict.bound!.tried, 1 + visible + (visible * (visible - 1)) / 2);

  const wide = await explainFullEncoding(model, digit(3), { certificate: true, delta: 4, timeLimit: 8 });
  t.true(wide.certificate.lowerBound > 3, JSON.stringify(wide.certificate));
  const far = await verifyFullEncoding(model, wide.proof);
  t.is(far.verdict, 'not-checked');
  t.true(far.mask!.margin > 4);
  t.deepEqual(far.bound!.verdict, 'not-checked');
  t.regex(far.reasons.join(), /rests on the word of the search that wrote the certificate/);
  t.is((await explainFullEncoding(model, digit(3))).proof, undefined);
  await t.throwsAsync(verifyFullEncoding(model, { ...proof, more: 1 }), { code: 'BAD_CERTIFICATE' });
  await t.throwsAsync(verifyFullEncoding(model, proof, { nodes: 3 } as never), { code: 'BAD_OPTION' });
  await t.throwsAsync(verifyCertificate(proof), { code: 'BAD_CERTIFICATE', message: /verifyFullEncoding/ });
  const other = await loadModel('builtin:mnist-cnn');
  t.is((await verifyFullEncoding(other, proof)).verdict, 'refused');
  // One pixel of 784 channels would keep everything.
  const onePixel = { height: 1, width: 1, inputShape: [1, 784, 1, 1] };
  const merged = { ...withMask(proof!, [1], 1), image: { ...proof!.image, ...onePixel } };
  await t.throwsAsync(verifyFullEncoding(model, merged), {
    code: 'BAD_CERTIFICATE',
    message: /another model/,
  });
  const form = { layout: 'channels-first' } as const;
  const graph = networkFromFirstLayer(model.graphFor(), 'logit');
  t.regex(
    (await verifyEncoding(merged, graph, form, { timeLimit: 0 })).failures.join(),
    /784 numbers per pixel/,
  );

  // One thing changed, anywhere: a word or an error of the form, never a crash; what still holds is true of another image.
  const random = new Random(5);
  const text = JSON.stringify(proof);
  for (let trial = 0; trial < 200; trial++) {
    const { text: changed, path } = mutate(text, () => random.integer(0, 2 ** 30 - 1) / 2 ** 30);
    // Another image may be read as the same class from the same pixels.
    if (changed === text || path.startsWith('image.x')) continue;
    const said = await verifyFullEncoding(model, JSON.parse(changed)).catch(
      (error: { code?: string }) => error,
    );
    if ('code' in said) t.is(said.code, 'BAD_CERTIFICATE', path);
    else if ((said as { verdict: string }).verdict !== 'refused')
      t.regex(path, /said|source|delta|gap|mask|layout/, `${path}: ${changed.slice(0, 300)}`);
  }
  model.dispose();
  other.dispose();
});

test('smug explain writes one, smug verify reads it with --model, and says what is missing without', async (t) => {
  const home = temporaryFolder('encoding');
  const explained = await smug([
    ...[
      'explain',
      digit(3),
      '--model',
      'builtin:mnist-fc',
      '--method',
      'full-encoding',
      '--out',
      home,
      '--json',
    ],
  ]);
  t.is(explained.code, 0, explained.stderr);
  checkPrinted('explain', explained);
  const path = join(home, '3.full-encoding.certificate.json');
  t.true(JSON.parse(explained.stdout).results[0].files.includes(path));
  const text = readFileSync(path, 'utf8');
  check('encoding-certificate', JSON.parse(text));
  const printed = await smug([
    'verify',
    path,
    '--model',
    'builtin:mnist-fc',
    '--json',
    '--at-least',
    'verified-exact',
  ]);
  t.is(printed.code, 0, printed.stderr);
  checkPrinted('verify', printed);
  const told = await smug(['verify', path, '--model', 'builtin:mnist-fc']);
  t.regex(
    told.stdout,
    /verified-exact\n.*from 3 pixels alone the network reads class 3.*checked exactly\n.*no mask of fewer than 3/,
  );
  const other = await smug(['verify', path, '--model', 'builtin:mnist-cnn']);
  t.is(other.code, 1);
  t.regex(other.stdout, /refused\n.*another network \(builtin:mnist-fc\)/);
  const without = await smug(['verify', path]);
  t.is(without.code, 2);
  t.regex(without.stderr, /give --model; it was written for builtin:mnist-fc/);
  t.is((await smug(['verify', path, '--model', 'builtin:mnist-fc', '--problem', path])).code, 2);
  const dropped = JSON.parse(text) as EncodingCertificate;
  writeFileSync(
    path,
    JSON.stringify(
      withMask(
        dropped,
        dropped.mask!.map((one, at) => (at === dropped.mask!.indexOf(1) ? 0 : one)),
        2,
      ),
    ),
  );
  const lie = await smug(['verify', path, '--model', 'builtin:mnist-fc']);
  t.is(lie.code, 1);
  t.regex(lie.stdout, /refused\n.*With the mask class 3 leads by -.*, not by more than 0/);
});

python('the second checker says that it needs the network, and what it looked at', async (t) => {
  const home = temporaryFolder('encoding');
  const certificate = await certified(denseNetwork(new Random(3), false), 0);
  const run = async (one: object) => {
    const path = join(home, 'c.json');
    writeFileSync(path, JSON.stringify(one));
    return promisify(execFile)('python3', [join(projectRoot, 'scripts', 'check_certificate.py'), path]).catch(
      (error: { stdout: string; code: number }) => error,
    );
  };
  const said = (await run(certificate)) as { stdout: string; code: number };
  t.is(said.code, 3);
  t.regex(said.stdout, /not-checked: .*form, size, gap and bound go together; .*smug verify --model/);
  for (const lie of [
    { lowerBound: certificate.size + 1 },
    { size: certificate.size + 1 },
    { gap: 0.5 },
    { more: 1 },
    { mask: null },
  ])
    t.regex((await run({ ...certificate, ...lie })).stdout, /: refused: /, JSON.stringify(lie));
});
