import { explainImage, loadModel, SmugError, type ImageExplanation } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import type { Model } from '../../dist/model/model.js';
import { inPlainWords } from '../../dist/reports/plain-words.js';
import { sharedPath } from '../support/shared-data.js';
import { sharedData, testWith } from '../support/needs.js';

const shared = testWith(sharedData);

const photographs = ['n02097474_Tibetan_terrier.jpg', 'n02669723_academic_gown.jpg'];

/** The engines of this installation; the reference engine takes minutes for a photograph. */
async function models(source: string): Promise<Model[]> {
  const found: Model[] = [];
  for (const engine of ['cpu', 'tfjs'] as const) {
    try {
      found.push(await loadModel(source, { engine }));
    } catch (error) {
      if (!(error instanceof SmugError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
    }
  }
  return found;
}

function overlap(a: ImageExplanation, b: ImageExplanation): number {
  const chosen = new Set(selectTopNodes(a.scores.data, a.parameters.topK));
  return (
    [...selectTopNodes(b.scores.data, b.parameters.topK)].filter((node) => chosen.has(node)).length /
    chosen.size
  );
}

// The biases of MobileNet's first layer (its batch norm, folded) alone keep the chosen nodes above half of their
// pre-activations, so that at γ = 0 the proven answer is the empty mask; at 0.9 pixels count.
for (const [name, folder, gammas] of [
  ['SqueezeNet', 'squeezenet1.1', [0]],
  ['MobileNet', 'mobilenet_v1_0.25_224', [0, 0.9]],
] as const) {
  shared(
    `${name}: photographs to 1 % completeness, proven masks, the same from every solver and engine`,
    async (t) => {
      t.timeout(300_000);
      const available = await models(sharedPath('models', folder));
      t.true(available.length > 0);
      try {
        for (const photograph of photographs) {
          for (const gamma of gammas) {
            const image = sharedPath('images', 'imagenet-sample', photograph);
            const options = { evidence: 'activation', topK: 3000, window: 4, gamma, timeLimit: 120 } as const;
            const explained: ImageExplanation[] = [];
            for (const model of available) explained.push(await explainImage(model, image, options));
            for (const explanation of explained) {
              const { engine, mask, certificate, nodes, attribution } = explanation;
              t.is(certificate.status, 'optimal', engine);
              t.is(certificate.lowerBound, mask.size);
              t.is(nodes.selected, 3000);
              t.true(attribution.completenessError! <= 0.01, `${engine}: ${attribution.completenessError}`);
              t.true(overlap(explained[0], explanation) >= 0.999, engine);
              t.true(Math.abs(mask.size - explained[0].mask.size) <= 0.01 * explained[0].mask.size, engine);
              t.is(mask.size === 0, folder !== 'squeezenet1.1' && gamma === 0);
              t.log(photograph, `γ ${gamma}`, engine, `${attribution.steps} points`, `${mask.size} cells`);
            }
            const wasm = await explainImage(available[0], image, { ...options, solver: 'wasm' });
            t.is(wasm.solver, 'z3-wasm');
            t.is(wasm.certificate.status, 'optimal');
            t.is(wasm.mask.size, explained[0].mask.size);
          }
        }
      } finally {
        for (const model of available) model.dispose();
      }
    },
  );
}

shared("the paper's setting gives the masks that it gave before there was another", async (t) => {
  t.timeout(120_000);
  const model = await loadModel(sharedPath('models', 'squeezenet1.1'));
  // Sizes before --evidence, --top-k auto and --window auto; within 1 %, since engines round attributions differently.
  for (const [photograph, size] of [
    [photographs[0], 566],
    [photographs[1], 525],
  ] as const) {
    const options = { evidence: 'activation', topK: 3000, window: 4, output: 'probability' } as const;
    const image = sharedPath('images', 'imagenet-sample', photograph);
    const { mask, certificate, nodes } = await explainImage(model, image, options);
    t.is(certificate.status, 'optimal');
    t.is(nodes.selected, 3000);
    t.true(Math.abs(mask.size - size) <= 0.01 * size, `${mask.size} cells, before ${size}`);
  }
  model.dispose();
});

shared('a default call answers where biases alone keep every node (finding B1)', async (t) => {
  const model = await loadModel(sharedPath('models', 'mobilenet_v1_0.25_224'));
  for (const photograph of photographs) {
    const found = await explainImage(model, sharedPath('images', 'imagenet-sample', photograph));
    t.like(found, { certificate: { status: 'optimal' }, attribution: { converged: true } });
    t.like(found.parameters, { evidence: 'image', topK: 375, window: 8 });
    t.true(found.mask.size > 0 && found.mask.size < found.mask.cells.length / 2);
    t.true(found.notes.some((note) => note.startsWith('Evidence of the image')));
  }
  model.dispose();
});

shared(
  'a picture of one colour ends in seconds, with a sentence that says what that means (finding B6)',
  async (t) => {
    t.timeout(120_000);
    const model = await loadModel(sharedPath('models', 'squeezenet1.1'));
    const side = 227;
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [200, 30, 30],
      // What preprocessing subtracts: the picture is the blank.
      [123, 117, 104],
    ]) {
      const data = Uint8Array.from({ length: 3 * side * side }, (_, at) => colour[at % 3]);
      const image = { width: side, height: side, channels: 3, data } as const;
      const found = await explainImage(model, image);
      t.is(found.certificate.status, 'optimal');
      // Under a second on a busy machine.
      t.true(found.timing.solveMs < 20_000, `${found.timing.solveMs} ms`);
      t.true(found.notes.some((note) => note.startsWith('The picture is one colour')));
      if (found.nodes.constrained === 0) t.regex(inPlainWords(found).join(' '), /does not rest on it/);
      else t.true(found.mask.size > 0);
    }
    model.dispose();
  },
);
