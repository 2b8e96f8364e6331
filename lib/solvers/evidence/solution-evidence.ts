import type { Proof } from '../component-solver.js';
import type { BoundEvidence } from '../component-bound.js';
import type { PipelineResult } from '../pipeline.js';

/** How one component's bound was obtained. Columns of `dual` and `cuts` count within `variables`, rows within `rows`. */
export interface ComponentEvidence {
  /** Variables and rows of the problem, ascending. */
  variables: number[];
  rows: number[];
  lowerBound: number;
  /** No mask satisfies its rows; `lowerBound` says nothing then. */
  infeasible?: true;
  /** Runs and arguments the bound rests on. */
  proofs: Proof[];
  /** Clauses that hold for every truly feasible mask, added to the integer rows before they were solved. */
  cuts: { columns: number[]; coefficients: number[]; bound: number }[];
  dual?: BoundEvidence;
}

/** What a solution's bound rests on, as plain data: forced variables, then component by component. */
export interface SolutionEvidence {
  /** Variables that are 1 in every feasible mask. */
  ones: number[];
  components: ComponentEvidence[];
}

/** Draws the evidence from a finished pipeline. Solved parts may carry a dual vector as `result.dual`. */
export function evidenceOf({ parts, presolved }: PipelineResult): SolutionEvidence {
  const ones: number[] = [];
  presolved.values.forEach((value, variable) => {
    if (value === 1) ones.push(variable);
  });
  return {
    ones,
    components: parts.map(({ component, result }) => {
      const { dual } = result as { dual?: BoundEvidence };
      return {
        variables: Array.from(component.variables),
        rows: Array.from(component.rows),
        lowerBound: Number.isFinite(result.lowerBound) ? result.lowerBound : 0,
        ...(result.status === 'infeasible' && { infeasible: true as const }),
        proofs: result.proofs.map(({ by, version, seed }) => ({
          by,
          ...(version !== undefined && { version }),
          ...(seed !== undefined && { seed }),
        })),
        cuts: result.cuts.map(({ columns, coefficients, bound }) => ({
          columns: Array.from(columns),
          coefficients: Array.from(coefficients),
          bound,
        })),
        ...(dual && { dual }),
      };
    }),
  };
}
