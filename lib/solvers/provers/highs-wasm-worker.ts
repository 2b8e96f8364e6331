// HiGHS (WASM) in a worker: one component at a time, synchronously; its callbacks look at the shared stop flag.
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { Highs as HighsModule } from 'highs';
import { satisfiesIntegerRows } from '../../masks/integer-rows.js';
import { stoppedEmpty, type ProverAnswer } from './prover.js';
import { costOf } from '../../masks/mask-cost.js';
import type { FromWasm, ToWasm } from './wasm-messages.js';

const port = parentPort!;
const tell = (message: FromWasm) => port.postMessage(message);
const load = createRequire(import.meta.url)('highs') as () => Promise<HighsModule>;
const loaded = load();

port.on('message', async ({ question, stop }: ToWasm) => {
  try {
    tell({ kind: 'answer', answer: solve(await loaded, question, stop) });
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error)?.message ?? String(error) });
  }
});

function solve(highs: HighsModule, question: ToWasm['question'], stop: Int32Array): ProverAnswer {
  const { problem } = question;
  const limited = question.atMost !== undefined && question.atMost < problem.variables;
  const rows = problem.bounds.length + (limited ? 1 : 0);
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => problem.offsets[row] ?? 0);
  const entries = problem.columns.length + (limited ? problem.variables : 0);
  const indices = new Int32Array(entries);
  const values = new Float64Array(entries);
  const rowLower = new Float64Array(rows).fill(-highs.infinity);
  const rowUpper = new Float64Array(rows).fill(highs.infinity);
  indices.set(problem.columns);
  for (let row = 0; row < problem.bounds.length; row++) {
    // Scaled by a power of two to what HiGHS's tolerances expect, as in native/solver/highs_component.cc.
    let largest = 1;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      largest = Math.max(largest, Math.abs(problem.coefficients[at]));
    }
    const scale = 2 ** (4 - Math.floor(Math.log2(largest)));
    for (let at = starts[row]; at < starts[row + 1]; at++) values[at] = problem.coefficients[at] * scale;
    rowLower[row] = problem.bounds[row] * scale;
  }
  if (limited) {
    for (let j = 0; j < problem.variables; j++) {
      indices[problem.columns.length + j] = j;
      values[problem.columns.length + j] = 1;
    }
    starts[rows] = entries;
    rowUpper[rows - 1] = question.atMost!;
  }
  const model = highs.createModel({
    numCols: problem.variables,
    numRows: rows,
    colCost: Float64Array.from({ length: problem.variables }, (_, j) => question.costs?.[j] ?? 1),
    colLower: new Float64Array(problem.variables),
    colUpper: new Float64Array(problem.variables).fill(1),
    rowLower,
    rowUpper,
    integrality: new Uint8Array(problem.variables).fill(1) as never,
    matrix: { format: 'csr', numRows: rows, numCols: problem.variables, starts, indices, values },
  });
  try {
    model.options.set({
      output_flag: false,
      random_seed: question.seed,
      mip_rel_gap: 0,
      mip_abs_gap: 0.999,
      ...(question.workLimit ? { mip_max_nodes: Math.min(question.workLimit, 2 ** 31 - 1) } : {}),
    });
    const { callbackType, modelStatus } = highs.constants;
    const poll = (event: { interrupt(): void }): undefined => {
      if (Atomics.load(stop, 0) !== 0) event.interrupt();
    };
    let best = 0;
    model.run({
      [callbackType.simplexInterrupt]: poll,
      [callbackType.ipmInterrupt]: poll,
      [callbackType.mipInterrupt]: (event): undefined => {
        poll(event);
        const bound = Math.ceil(Number(event.data.mip_dual_bound) - 1e-6);
        if (!(bound > best) || !Number.isFinite(bound)) return;
        best = bound;
        tell({ kind: 'bounded', bound });
      },
      [callbackType.mipImprovingSolution]: (event): undefined => {
        const values = event.data.mip_solution;
        if (values)
          tell({ kind: 'improved', mask: Uint8Array.from(values, (value) => (value > 0.5 ? 1 : 0)) });
      },
    });
    return read(model, question, modelStatus);
  } finally {
    model.dispose();
  }
}

function read(
  model: ReturnType<HighsModule['createModel']>,
  question: ToWasm['question'],
  codes: HighsModule['constants']['modelStatus'],
): ProverAnswer {
  const status = model.getModelStatus();
  const answer: ProverAnswer = { ...stoppedEmpty };
  const bound = Number(model.info.get('mip_dual_bound'));
  if (Number.isFinite(bound)) answer.lowerBound = Math.max(0, Math.ceil(bound - 1e-6));
  answer.work = Math.max(0, Number(model.info.get('mip_node_count')));
  if (status === codes.infeasible) return { ...answer, status: 'infeasible' };
  const mask = readMask(model, question.problem.variables);
  if (mask !== null && satisfiesIntegerRows(question.problem, mask)) answer.mask = mask;
  else answer.wrongModel = status === codes.optimal;
  if (status === codes.optimal && answer.mask !== null) {
    answer.status = 'optimal';
    answer.lowerBound = costOf(answer.mask, question.costs);
  }
  return answer;
}

function readMask(model: ReturnType<HighsModule['createModel']>, variables: number): Uint8Array | null {
  try {
    const { colValue } = model.getSolution();
    return Uint8Array.from({ length: variables }, (_, j) => (colValue[j] > 0.5 ? 1 : 0));
  } catch {
    return null; // none was found before the stop
  }
}
