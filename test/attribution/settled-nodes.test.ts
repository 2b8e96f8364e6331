// Real networks and photographs: of the nodes that are said to be settled a converged attribution chooses as many.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { photographed } from '../engines/photographs.js';
import { cpuEngine } from '../support/cpu-here.js';
import { cpuAddon, sharedData, testWith, type Need } from '../support/needs.js';

const inceptionFolder = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../.bench-env/models/nsfwjs-inception_v3',
);
const inception: Need = {
  missing: existsSync(join(inceptionFolder, 'model.json'))
    ? null
    : 'Inception v3 is not here: npm run bench -- networks fetches it',
  required: false,
};

/** That estimate and rule are what they are: two rules of 255 and 511 points already differ in 1 % of the nodes on rough paths. */
const SLACK = 0.01;
/** Fewer nodes, coarser steps: of 381 one node is a quarter of a point. */
const SLACK_OF_FEW = 0.02;

for (const [name, folder, count, points, needs] of [
  ['SqueezeNet', 'squeezenet1.1', 2, 255, []],
  ['MobileNet', 'mobilenet_v1_0.25_224', 3, 511, []],
  ['Inception v3', inceptionFolder, 1, 255, [inception]],
] as const) {
  testWith(
    cpuAddon,
    sharedData,
    ...needs,
  )(`${name}: settled nodes are those of ${points} points, and cost no more than with the sum`, async (t) => {
    t.timeout(600_000);
    const { tail, activations } = await photographed(folder, cpuEngine(), count);
    const network = await cpuEngine().compile(tail);
    for (const activation of activations) {
      const [{ data }] = await network.forward([activation]);
      const path = { activation, target: data.indexOf(Math.max(...data)) };
      const [converged] = await integratePaths(network, [path], { steps: points });
      for (const [topK, slack] of [
        [3000, SLACK],
        [381, SLACK_OF_FEW],
      ] as const) {
        const asked = { topK, stability: 0.97 };
        const [found] = await integratePaths(network, [path], { ...asked, stop: 'top-k' });
        t.true(found.converged);
        const settled = new Set(selectTopNodes(converged.scores, topK));
        const chosen = [...selectTopNodes(found.scores, topK)];
        const kept = chosen.filter((node) => settled.has(node)).length / topK;
        t.true(
          kept >= found.topKStability! - slack,
          `${topK}: ${kept}, ${found.topKStability} after ${found.steps}`,
        );
        // A path once: both demands at once take the same points, and never fewer.
        if (topK === 3000 && count > 1) {
          const [both] = await integratePaths(network, [path], asked);
          t.true(found.steps <= both.steps, `${found.steps} of ${both.steps}`);
        }
      }
    }
    network.dispose();
  });
}
