// The search that learns lemmas and a prover beside it: who comes first decides what is known, never what is true.
import { loadAddon } from '../../dist/addon.js';
import type { CsrMaskProblem } from '../../dist/masks/problem.js';
import { roundRows } from '../../dist/masks/integer-rows.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { fastestBlockSearch } from '../../dist/solvers/bounds/block-search.js';
import type { LemmaSearch } from '../../dist/solvers/bounds/lemma-search.js';
import { solveComponent } from '../../dist/solvers/pipeline/component-solver.js';
import {
  ComponentState,
  type ComponentResult,
  type Confirm,
} from '../../dist/solvers/pipeline/component-state.js';
import { componentTruth, splitComponents } from '../../dist/solvers/pipeline/components.js';
import { presolve } from '../../dist/solvers/pipeline/presolve.js';
import { Slots } from '../../dist/solvers/pipeline/slots.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import type { Prover } from '../../dist/solvers/provers/prover.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { solverAddon, testWith } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';
import { convolutionProblem } from '../support/structured-problems.js';
import { lies } from './prover-doubles.js';

const native = testWith(solverAddon);

/** One component of 60 variables in 10 dense rows, which needs some hundred nodes. */
async function denseComponent(seed: number) {
  const random = randomNumbers(seed);
  const columns = Array.from({ length: 60 }, (_, j) => j);
  const rows = Array.from({ length: 10 }, () => {
    const coefficients = columns.map(() => random() ** 2 - 0.1);
    return {
      columns,
      coefficients,
      lower: 0.4 * coefficients.reduce((sum, value) => sum + Math.max(0, value), 0),
    };
  });
  const csr: CsrMaskProblem = await validateProblem({ variables: 60, rows });
  const presolved = presolve(csr, roundRows(csr));
  const [component, ...others] = splitComponents(presolved);
  const forced = presolved.values.filter((value) => value === 1).length;
  const { size, status } = await solveMask({ variables: 60, rows });
  const { floor, ceiling } = component;
  const truth = componentTruth(csr, component, presolved.values);
  return {
    model: { floor, ceiling, truth },
    alone: others.length === 0 && status === 'optimal',
    least: size - forced,
  };
}

/** A search that is through once `through` says so, after the turns that it has for itself. */
function lemmasWhen(through: (turns: number) => boolean): () => LemmaSearch {
  let turns = 0;
  const resume = (nodes: number) => {
    turns += Math.sign(nodes);
    const state = through(turns) ? ('proven' as const) : ('running' as const);
    return { state, candidate: null, rootBound: 0, nodes: 4 * turns, memory: 0 };
  };
  const proof = () => ({ vectors: [], lemmas: [] });
  const none = () => new Float64Array(0);
  return () => ({ lower: () => {}, relaxation: none, multipliers: none, proof, resume, end: () => {} });
}

const addon = loadAddon();
const real = addon && nativeProvers(addon);

const highsWith = (solve: Prover['solve']): Prover => {
  return { name: 'highs', version: 'double', dispose: () => {}, solve };
};

async function solve(
  { model }: Pick<ComponentState, 'model'>,
  makeLemmas: () => LemmaSearch,
  highs: Prover,
  confirm: Confirm,
): Promise<ComponentResult> {
  const context = {
    ...{ seed: 0, record: false, confirm, start: performance.now(), changed: () => {}, enumeration: true },
    provers: async () => ({ z3: real!.z3, highs }),
    ...{ slots: new Slots(2), signal: new AbortController().signal },
    ...{ blockSearch: fastestBlockSearch(true), makeLemmas },
  };
  return solveComponent(new ComponentState(model, context));
}

/** One component of 79 variables in 55 short rows, as 3x3 kernels give them. */
async function sparseComponent() {
  const shape = { image: 9, kernel: 3, stride: 1, window: 1, filters: 8, nodes: 60, gamma: 0.6 };
  const csr = await validateProblem(convolutionProblem(shape, 1));
  const presolved = presolve(csr, roundRows(csr));
  const component = splitComponents(presolved).at(-1)!;
  const { floor, ceiling } = component;
  return { model: { floor, ceiling, truth: componentTruth(csr, component, presolved.values) } };
}

native(
  'short rows of few variables: the search is bounded, then two provers are an answer without it',
  async (t) => {
    const component = await sparseComponent();
    const { variables, columns, bounds } = component.model.ceiling;
    t.true(variables > 48 && variables <= 100 && columns.length < 12 * bounds.length);
    let turns = 0;
    const endless = lemmasWhen((done) => {
      turns = done;
      return false;
    });
    const highs = highsWith((question) => real!.highs!.solve(question));
    const { status, confirmed, proofs } = await solve(component, endless, highs, 'always');
    t.like({ status, confirmed }, { status: 'optimal', confirmed: true });
    t.deepEqual(proofs.map(({ by }) => by).sort(), ['highs', 'libz3']);
    t.true(turns > 100 && turns < 1000, `${turns} turns`);
  },
);

native('a search that comes first stops the prover and is the proof', async (t) => {
  const component = await denseComponent(1);
  t.true(component.alone);
  let told = false;
  const highs = highsWith(
    ({ signal }) =>
      new Promise((resolve) => {
        signal!.addEventListener('abort', () => {
          told = true;
          resolve({ status: 'stopped', mask: null, lowerBound: 0, work: 0, wrongModel: false });
        });
      }),
  );
  const search = lemmasWhen((turns) => turns > 230);
  const { status, lowerBound, confirmed, proofs } = await solve(component, search, highs, 'always');
  t.like(
    { status, lowerBound, confirmed },
    { status: 'optimal', lowerBound: component.least, confirmed: true },
  );
  t.deepEqual([...new Set(proofs.map(({ by }) => by))], ['lemmas']);
  t.true(told, 'the prover was running, and was told to stop');
});

native('a prover that comes first is an answer; the search confirms it where there is time', async (t) => {
  const component = await denseComponent(1);
  const run: Prover['solve'] = (question) => real!.highs!.solve(question);
  const never = await solve(
    component,
    lemmasWhen(() => false),
    highsWith(run),
    'never',
  );
  t.like(never, { status: 'optimal', lowerBound: component.least, confirmed: false });
  t.deepEqual([...new Set(never.proofs.map(({ by }) => by))], ['highs']);
  let answered = 0;
  const highs = highsWith(async (question) => {
    const answer = await run(question);
    answered = performance.now();
    return answer;
  });
  const search = lemmasWhen(() => answered > 0 && performance.now() > answered + 20);
  const confirmed = await solve(component, search, highs, 'brief');
  t.like(confirmed, { status: 'optimal', lowerBound: component.least, confirmed: true });
  t.deepEqual([...new Set(confirmed.proofs.map(({ by }) => by))].sort(), ['highs', 'lemmas']);
});

for (const [name, lie] of Object.entries(lies))
  native(`a prover that lies beside the search (${name}) changes nothing`, async (t) => {
    const component = await denseComponent(2);
    t.true(component.alone);
    let answered = 0;
    const highs = highsWith(async (question) => {
      const answer = await real!.highs!.solve(question);
      answered = performance.now();
      return lie(answer, 0);
    });
    const search = lemmasWhen(() => answered > 0 && performance.now() > answered + 20);
    const { status, lowerBound, confirmed } = await solve(component, search, highs, 'always');
    t.like(
      { status, lowerBound, confirmed },
      { status: 'optimal', lowerBound: component.least, confirmed: true },
    );
  });
