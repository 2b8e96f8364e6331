import { attentionGraph } from '../support/attention-graphs.js';
import { caseGraphs } from './case-graphs.js';
import { cpuEngine, native } from '../support/cpu-here.js';
import { agreesWithReference } from './reference-agreement.js';

/** Float32 rounds at 6e-8 per step; sums of up to a hundred terms and a dozen layers stay below this. */
const tolerance = 1e-5;

native('cpu equals the reference on every operation, forward and back', async (t) => {
  for (const { name, graph, inputs, targets } of caseGraphs()) {
    await agreesWithReference(t, cpuEngine(), {}, tolerance, graph, inputs, undefined, targets, name);
  }
});

native('cpu equals the reference on 300 random networks, forward and back', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const { graph, inputs, at, targets } = attentionGraph(seed);
    await agreesWithReference(t, cpuEngine(), {}, tolerance, graph, inputs, at, targets, `seed ${seed}`);
  }
});
