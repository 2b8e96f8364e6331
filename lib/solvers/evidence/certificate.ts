import { gapOf } from '../../masks/gap.js';
import { setImmediate } from 'node:timers/promises';
import type { Certificate, CertificateComponent } from '../../api/certificate.js';
import { commonIntegers, satisfiesExactly } from '../../masks/exact.js';
import { roundRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { weightCosts } from '../choice/tie-break.js';
import type { Proof } from '../proof.js';
import type { ComponentEvidence, SolutionEvidence } from '../solution-evidence.js';
import type { MaskSolution } from '../solution.js';
import { clauseRow } from './clause-row.js';
import { boundProof, treeProof, type ComponentModel, type NodeBudget } from './component-proof.js';
import { componentDoubles, componentIntegers, FREE } from './component-rows.js';
import { forcedSteps, type ForcedSteps } from './forced-steps.js';
import { problemHash } from './problem-hash.js';
import { rowScales } from './row-scales.js';

/** Milliseconds of writing between which other work gets its turn. */
const TURN_MS = 30;
/** Nodes of trees that a certificate may take to write, a second or two. */
const MOST_NODES = 200_000;

/**
 * The certificate of a solution, which docs/certificate.md specifies. Every solution has one, also one that was stopped:
 * what nobody has written evidence for is claimed without proof. A mask of all ones stands in for a missing one where
 * it satisfies every row, as in explanations.
 *
 * @param problem the validated one that was solved
 */
export async function buildCertificate(
  problem: CsrMaskProblem,
  solution: MaskSolution,
): Promise<Certificate> {
  const { ceiling } = roundRows(problem);
  const given = solution.evidence;
  const inside = new Set(given?.components.flatMap(({ variables }) => variables) ?? []);
  const forced = forcedSteps(problem, ceiling, inside);
  const answer = answerOf(problem, solution);
  const evidence = given ?? wholeAsOne(problem, answer.lowerBound, forced);
  const conflict =
    answer.status === 'infeasible' && evidence.components.length === 0 ? forced.conflict : null;
  const writer = new ComponentWriter(problem, ceiling, forced.values, answer.mask, inside);
  const components: CertificateComponent[] = [];
  let turn = performance.now();
  for (const component of evidence.components) {
    components.push(writer.write(component));
    if (performance.now() - turn < TURN_MS) continue;
    await setImmediate();
    turn = performance.now();
  }
  const { core, report, backend } = solution;
  const heaviest = solution.heaviest && (writer.weightsLost ? 'unproven' : solution.heaviest);
  return {
    format: 'smug-certificate',
    version: 2,
    problem: plainProblem(problem),
    problemSha256: problemHash(problem),
    ...answer,
    backend,
    provers: report?.provers ?? [],
    scales: rowScales(problem, ceiling),
    forced: forced.steps,
    ...(conflict !== null && { conflict }),
    components,
    ...(heaviest && { heaviest }),
    ...(core && { core: { roles: Array.from(core.roles), proven: Array.from(core.proven) } }),
    ...(evidence.witnesses && { witnesses: evidence.witnesses }),
  };
}

type Answer = Pick<Certificate, 'status' | 'mask' | 'size' | 'lowerBound' | 'gap'>;

function answerOf(problem: CsrMaskProblem, { status, mask, size, lowerBound, gap }: MaskSolution): Answer {
  if (mask !== null || status === 'infeasible')
    return { status, mask: mask && Array.from(mask), size, lowerBound, gap };
  const all = new Uint8Array(problem.variables).fill(1);
  if (!satisfiesExactly(problem, all)) return { status, mask, size, lowerBound, gap };
  const whole = problem.variables;
  return {
    status: 'feasible',
    mask: Array.from(all),
    size: whole,
    lowerBound,
    gap: gapOf(all, whole, lowerBound),
  };
}

/** Without evidence: one component of all that is not forced. */
function wholeAsOne(
  { variables, lower }: CsrMaskProblem,
  lowerBound: number,
  { steps, values }: ForcedSteps,
): SolutionEvidence {
  const ones = steps.flatMap(({ variable, value }) => (value === 1 ? [variable] : []));
  const free = Array.from({ length: variables }, (_, variable) => variable).filter(
    (variable) => values[variable] === FREE,
  );
  const rows = Array.from(lower.keys());
  const whole = {
    variables: free,
    rows,
    lowerBound: Math.max(0, lowerBound - ones.length),
    proofs: [],
    cuts: [],
  };
  return { ones, components: whole.lowerBound > 0 ? [whole] : [] };
}

class ComponentWriter {
  /** The costs of some component do not say what its weights do: nothing is claimed of them. */
  weightsLost = false;
  readonly #budget: NodeBudget = { left: MOST_NODES };
  /** Values outside a component, for its bound and as all smallest masks have them. */
  readonly #smallest: Uint8Array;
  readonly #problem: CsrMaskProblem;
  readonly #ceiling: IntegerProblem;
  readonly #forced: Uint8Array;
  readonly #mask: ArrayLike<number> | null;

  constructor(
    problem: CsrMaskProblem,
    ceiling: IntegerProblem,
    forced: Uint8Array,
    mask: ArrayLike<number> | null,
    inside: ReadonlySet<number>,
  ) {
    this.#problem = problem;
    this.#ceiling = ceiling;
    this.#forced = forced;
    this.#mask = mask;
    this.#smallest = forced.map((value, variable) => (value === FREE && !inside.has(variable) ? 0 : value));
  }

  write(component: ComponentEvidence): CertificateComponent {
    const { variables, rows, lowerBound, infeasible, proofs, cuts, dual } = component;
    const model = this.#model(component, this.#forced);
    const clauses = cuts.map((clause) => ({
      row: clauseRow(model.doubles, clause),
      columns: clause.columns,
      values: clause.coefficients.map((coefficient) => (coefficient === 1 ? 0 : 1)),
    }));
    const most = infeasible ? null : lowerBound - 1;
    const proof = most === null || most >= 0 ? boundProof(model, most, dual, this.#budget) : undefined;
    return {
      variables,
      rows,
      clauses,
      lowerBound,
      ...(infeasible && { infeasible }),
      ...(proof && { proof }),
      said: proofs.map(said),
      ...this.#ofAllSmallest(component),
    };
  }

  #model(component: ComponentEvidence, values: Uint8Array): ComponentModel {
    return {
      integers: componentIntegers(this.#ceiling, values, component),
      doubles: componentDoubles(this.#problem, values, component),
      clauses: component.cuts,
    };
  }

  #ofAllSmallest(component: ComponentEvidence): Pick<CertificateComponent, 'core' | 'heaviest'> {
    const { variables, lowerBound, core, heaviest } = component;
    if (this.#mask === null || (!core && !heaviest)) return {};
    const mask = variables.map((variable) => this.#mask![variable]);
    const model = this.#model(component, this.#smallest);
    const told: Pick<CertificateComponent, 'core' | 'heaviest'> = {};
    if (core) {
      const differ = { mask, columns: core.same };
      const proof =
        core.same.length > 0 ? treeProof(model, { most: lowerBound, differ }, this.#budget) : undefined;
      told.core = { same: core.same, ...(proof && { proof }), said: core.proofs.map(said) };
    }
    if (heaviest) {
      const written = this.#heaviest(component, model, mask);
      if (written) told.heaviest = written;
    }
    return told;
  }

  #heaviest(
    { variables, lowerBound, heaviest, core }: ComponentEvidence,
    model: ComponentModel,
    mask: readonly number[],
  ): CertificateComponent['heaviest'] {
    const weights = variables.map((variable) => this.#problem.weights![variable]);
    const costs = Array.from(weightCosts(Float64Array.from(weights)) ?? weights.map(() => 0));
    if (!followWeights(costs, weights)) {
      this.weightsLost = true;
      return undefined;
    }
    const cost = costs.reduce((sum, own, column) => sum + own * mask[column], 0);
    const { proven, proofs } = heaviest!;
    const told = { costs, cost, proven, said: proofs.map(said) };
    if (!proven || cost === 0) return told;
    const limits = { most: lowerBound, costs: { costs, below: cost } };
    const alone = treeProof(model, limits, this.#budget);
    if (alone) return { ...told, proof: alone };
    if (core === undefined) return told;
    const fixed = new Map(core.same.map((column) => [column, mask[column]]));
    const proof = treeProof(model, { ...limits, fixed }, this.#budget);
    return { ...told, usesCore: true, ...(proof && { proof }) };
  }
}

/** Is each cost within one unit of what its weight makes it? Weights too far apart for doubles are lost in rounding. */
function followWeights(costs: readonly number[], weights: readonly number[]): boolean {
  const { integers } = commonIntegers(weights);
  const most = integers.reduce((a, b) => (a > b ? a : b), integers[0]);
  const least = integers.reduce((a, b) => (a < b ? a : b), integers[0]);
  const range = most - least;
  return integers.every((weight, column) => {
    const miss = BigInt(costs[column]) * range - (most - weight) * (2n ** 20n - 1n);
    return range === 0n ? costs[column] === 0 : miss <= range && -miss <= range;
  });
}

function said({ by, version, seed }: Proof): CertificateComponent['said'][number] {
  return { by, ...(version !== undefined && { version }), ...(seed !== undefined && { seed }) };
}

function plainProblem({
  variables,
  offsets,
  columns,
  coefficients,
  lower,
  weights,
}: CsrMaskProblem): Certificate['problem'] {
  return {
    variables,
    rows: Array.from(lower, (bound, row) => ({
      columns: Array.from(columns.subarray(offsets[row], offsets[row + 1])),
      coefficients: Array.from(coefficients.subarray(offsets[row], offsets[row + 1])),
      lower: bound,
    })),
    ...(weights && { weights: Array.from(weights) }),
  };
}
