// The reference pipeline on SqueezeNet 1.1: PyTorch's 200 Riemann steps in batches of ten, then the reference encoding under the same
// libz3 as ours, on the same rows.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/native-deps.mjs';
import { models } from '../attribution/models.mjs';
import { median } from '../attribution/report.mjs';
import { exportTail, startRival } from '../attribution/rival.mjs';
import { environment, samplePhotographs, shared } from '../networks/packaged-models.mjs';
import { pythonWith } from '../solver/python-environment.mjs';

const library = (path) => import(join(root, 'dist', path));
export const MODEL = join(shared, 'models', 'squeezenet1.1');
/** The paper's setting. */
export const OPTIONS = { window: 4, topK: 3000, gamma: 0 };
/** Of its solver; one that does not end counts as this. */
const LIMIT_S = 300;

/** Starts it, warm; `explain(n)` goes on to the n-th photograph, `times` are seconds of attribution and solving of each. */
export async function startReference(count, log) {
  const { createCpuEngine } = await library('engines/cpu/engine.js');
  const threads = availableParallelism();
  const engine = createCpuEngine({ threads });
  const { tail, activations } = await models['SqueezeNet 1.1'](engine, count);
  const folder = await exportTail('SqueezeNet 1.1', tail);
  const network = await engine.compile(tail);
  const targets = [];
  for (const activation of activations) {
    const [{ data }] = await network.forward([activation]);
    targets.push(data.indexOf(Math.max(...data)));
  }
  network.dispose();
  const problems = await problemsOf(count);
  const rival = await startRival(threads, log);
  const python = await pythonWith(['z3-solver==5.4.0.0'], log);
  const file = join(environment, 'activation.bin');
  const attribute = async (at) => {
    const { data, shape } = activations[at];
    await writeFile(file, Buffer.from(data.slice().buffer));
    return rival.ask({ folder, activation: file, shape, target: targets[at], method: 'riemann200' });
  };
  const times = [];
  await attribute(0); // warm, as the service is
  return {
    times,
    async explain(upTo) {
      for (let at = times.length; at < upTo; at++) {
        const { ms } = await attribute(at);
        const script = join(root, 'bench', 'solver', 'rivals.py');
        const words = [script, 'reference', problems[at], String(LIMIT_S), String(threads)];
        const { stdout } = await promisify(execFile)(python, words);
        const { seconds: solve } = JSON.parse(stdout);
        times.push({ attribution: ms / 1000, solve });
        log(`reference: ${(ms / 1000).toFixed(1)} s attribution, ${solve.toFixed(1)} s solving`);
      }
    },
    end: () => rival.end(),
  };
}

/** The rows of a problem as lists, which rivals.py reads. */
function rowsOf({ variables, offsets, columns, coefficients, lower: bounds }) {
  const part = (values, row) => Array.from(values.subarray(offsets[row], offsets[row + 1]));
  const rows = Array.from(bounds, (lower, row) => ({
    columns: part(columns, row),
    coefficients: part(coefficients, row),
    lower,
  }));
  return { variables, rows };
}

/** The mask problems of the photographs, as files: the same rows for both. */
async function problemsOf(count) {
  const { loadModel, explainImage } = await library('index.js');
  const model = await loadModel(MODEL);
  const paths = [];
  for (const [at, file] of (await samplePhotographs(count)).entries()) {
    const { problem } = await explainImage(model, file, OPTIONS);
    const path = join(tmpdir(), `smug-bench-${process.pid}-${at}.json`);
    await writeFile(path, JSON.stringify(rowsOf(problem)));
    paths.push(path);
  }
  model.dispose();
  return paths;
}

/** Mean seconds of a whole photograph, and what is said of them. */
export function referenceTimes(times) {
  const of = (stage) => median(times.map((time) => time[stage])).toFixed(1);
  return {
    mean: times.reduce((sum, { attribution, solve }) => sum + attribution + solve, 0) / times.length,
    words: `${of('attribution')} s attribution, ${of('solve')} s solving (medians of ${times.length})`,
  };
}
