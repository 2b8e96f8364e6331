// z3-solver (WASM) in a worker: one component at a time. The check itself runs on the module's own threads, so
// this thread is free to interrupt it.
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { Z3_ast, Z3_context, Z3_optimize, init as initZ3 } from 'z3-solver';
import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import { stoppedEmpty, type ProverAnswer } from './prover.js';
import type { FromWasm, ToWasm } from './wasm-messages.js';

type LowLevel = Awaited<ReturnType<typeof initZ3>>['Z3'];

const port = parentPort!;
const tell = (message: FromWasm) => port.postMessage(message);
// The package is CommonJS; loading it this way avoids the cost of analysing it for named exports.
const { init } = createRequire(import.meta.url)('z3-solver') as { init: typeof initZ3 };
const loaded = init().then(({ Z3 }) => Z3);

/** Values of Z3_lbool. */
const FALSE = -1;
const TRUE = 1;
const POLL_MS = 10;

port.on('message', async ({ question, stop }: ToWasm) => {
  try {
    tell({ kind: 'answer', answer: await solve(await loaded, question, stop) });
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error)?.message ?? String(error) });
  }
});

async function solve(Z3: LowLevel, question: ToWasm['question'], stop: Int32Array): Promise<ProverAnswer> {
  const { problem } = question;
  const config = Z3.mk_config();
  const context = Z3.mk_context(config);
  Z3.del_config(config);
  const optimizer = Z3.mk_optimize(context);
  Z3.optimize_inc_ref(context, optimizer);
  try {
    const params = Z3.mk_params(context);
    Z3.params_inc_ref(context, params);
    if (question.workLimit) {
      Z3.params_set_uint(context, params, Z3.mk_string_symbol(context, 'rlimit'), question.workLimit);
    }
    Z3.optimize_set_params(context, optimizer, params);
    Z3.params_dec_ref(context, params);
    const boolean = Z3.mk_bool_sort(context);
    const variables = Array.from({ length: problem.variables }, (_, j) =>
      Z3.mk_const(context, Z3.mk_int_symbol(context, j), boolean),
    );
    for (let row = 0; row < problem.bounds.length; row++) {
      Z3.optimize_assert(context, optimizer, rowTerm(Z3, context, variables, problem, row));
    }
    if (question.atMost !== undefined && question.atMost < problem.variables) {
      Z3.optimize_assert(context, optimizer, Z3.mk_atmost(context, variables, question.atMost));
    }
    const objective = assertCosts(Z3, context, optimizer, variables, question.costs);
    const outcome = await check(Z3, context, optimizer, stop);
    return read(Z3, context, optimizer, variables, question, objective, outcome);
  } finally {
    Z3.optimize_dec_ref(context, optimizer);
    Z3.del_context(context);
  }
}

/** Σ coefficient·M ≥ bound over literals with positive weights, none above the bound. */
function rowTerm(
  Z3: LowLevel,
  context: Z3_context,
  variables: Z3_ast[],
  problem: IntegerProblem,
  row: number,
): Z3_ast {
  const literals: Z3_ast[] = [];
  const weights: number[] = [];
  let bound = problem.bounds[row];
  let total = 0;
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    const coefficient = problem.coefficients[at];
    if (coefficient === 0) continue;
    const variable = variables[problem.columns[at]];
    literals.push(coefficient > 0 ? variable : Z3.mk_not(context, variable));
    weights.push(Math.abs(coefficient));
    total += Math.abs(coefficient);
    if (coefficient < 0) bound -= coefficient;
  }
  if (bound <= 0) return Z3.mk_true(context);
  if (bound > total) return Z3.mk_false(context);
  const clipped = weights.map((weight) => Math.min(weight, bound));
  if (clipped.every((weight) => weight === bound)) return Z3.mk_or(context, literals);
  return Z3.mk_pbge(context, literals, clipped, bound);
}

/** Index of the objective, or null when nothing costs anything. */
function assertCosts(
  Z3: LowLevel,
  context: Z3_context,
  optimizer: Z3_optimize,
  variables: Z3_ast[],
  costs: Int32Array | undefined,
): number | null {
  const group = Z3.mk_string_symbol(context, 'size');
  let objective: number | null = null;
  variables.forEach((variable, j) => {
    const cost = costs ? costs[j] : 1;
    if (cost <= 0) return;
    objective = Z3.optimize_assert_soft(
      context,
      optimizer,
      Z3.mk_not(context, variable),
      String(cost),
      group,
    );
  });
  return objective;
}

/** Z3's verdict; 0 when it was stopped or its work limit was reached. */
async function check(
  Z3: LowLevel,
  context: Z3_context,
  optimizer: Z3_optimize,
  stop: Int32Array,
): Promise<number> {
  const poll = setInterval(() => {
    if (Atomics.load(stop, 0) !== 0) Z3.interrupt(context);
  }, POLL_MS);
  try {
    return await Z3.optimize_check(context, optimizer, []);
  } catch (error) {
    // An interrupted check, or one out of its allowance, may surface as an error.
    if (/cancel|interrupt|resource|rlimit|limit/i.test(String((error as Error)?.message ?? error))) return 0;
    throw error;
  } finally {
    clearInterval(poll);
  }
}

function read(
  Z3: LowLevel,
  context: Z3_context,
  optimizer: Z3_optimize,
  variables: Z3_ast[],
  question: ToWasm['question'],
  objective: number | null,
  outcome: number,
): ProverAnswer {
  const answer: ProverAnswer = { ...stoppedEmpty };
  if (outcome === FALSE) return { ...answer, status: 'infeasible' };
  const mask = readModel(Z3, context, optimizer, variables);
  if (mask !== null && satisfiesIntegerRows(question.problem, mask)) answer.mask = mask;
  else answer.wrongModel = outcome === TRUE;
  if (objective !== null) answer.lowerBound = readLower(Z3, context, optimizer, objective);
  if (outcome === TRUE && !answer.wrongModel) answer.status = 'optimal';
  return answer;
}

function readModel(
  Z3: LowLevel,
  context: Z3_context,
  optimizer: Z3_optimize,
  variables: Z3_ast[],
): Uint8Array | null {
  try {
    const model = Z3.optimize_get_model(context, optimizer);
    if (!model) return null;
    Z3.model_inc_ref(context, model);
    const mask = Uint8Array.from(variables, (variable) => {
      const value = Z3.model_eval(context, model, variable, true);
      return value !== null && Z3.get_bool_value(context, value) === TRUE ? 1 : 0;
    });
    Z3.model_dec_ref(context, model);
    return mask;
  } catch {
    return null; // none was found before the stop
  }
}

function readLower(Z3: LowLevel, context: Z3_context, optimizer: Z3_optimize, objective: number): number {
  try {
    const lower = Z3.get_numeral_string(context, Z3.optimize_get_lower(context, optimizer, objective));
    const value = Number(lower);
    return Number.isFinite(value) ? Math.max(0, Math.ceil(value)) : 0;
  } catch {
    return 0;
  }
}
