import type { SolutionEvidence } from '../solution-evidence.js';
import type { Proof } from '../proof.js';
import { sameColumns } from '../choice/core.js';
import { costOf } from '../../masks/mask-cost.js';
import type { BoundEvidence } from '../bound-evidence.js';
import type { CoreOfParts } from '../choice/mask-core.js';
import type { PipelineResult } from '../pipeline/pipeline.js';
import type { HeaviestMask } from '../choice/preference.js';
import { weightCosts } from '../choice/tie-break.js';

/**
 * Draws the evidence from a finished pipeline, whose mask is the one that the solution gives. Solved parts may
 * carry a dual vector as `result.dual`.
 */
export function evidenceOf(
  result: PipelineResult,
  claims: { heaviest?: HeaviestMask | null; core?: CoreOfParts | null } = {},
  weights?: Float64Array,
): SolutionEvidence {
  const { parts, presolved } = result;
  const ones: number[] = [];
  presolved.values.forEach((value, variable) => {
    if (value === 1) ones.push(variable);
  });
  return {
    ones,
    components: parts.map(({ component, result: solved }, i) => {
      const { dual } = solved as { dual?: BoundEvidence };
      const heaviest = weights && claims.heaviest?.parts[i];
      const own = weights && weightCosts(Float64Array.from(component.variables, (j) => weights[j]));
      const core = claims.core?.parts[i] ?? claims.heaviest?.parts[i].core;
      return {
        variables: Array.from(component.variables),
        rows: Array.from(component.rows),
        lowerBound: Number.isFinite(solved.lowerBound) ? solved.lowerBound : 0,
        ...(solved.status === 'infeasible' && { infeasible: true as const }),
        proofs: solved.proofs.map(plainProof),
        cuts: solved.cuts.map(({ columns, coefficients, bound }) => ({
          columns: Array.from(columns),
          coefficients: Array.from(coefficients),
          bound,
        })),
        ...(dual && { dual }),
        ...(heaviest && {
          heaviest: {
            cost: own ? costOf(heaviest.mask, own) : 0,
            proven: heaviest.proven,
            proofs: heaviest.proofs.map(plainProof),
          },
        }),
        ...(core && { core: { same: sameColumns(core), proofs: core.proofs.map(plainProof) } }),
      };
    }),
    ...(claims.core && { witnesses: wholeWitnesses(result, claims.core) }),
  };
}

function plainProof({ by, version, seed }: Proof): Proof {
  return { by, ...(version !== undefined && { version }), ...(seed !== undefined && { seed }) };
}

/** Components do not touch each other, so one smallest mask of the whole can show a witness of each at once. */
function wholeWitnesses({ parts, mask }: PipelineResult, core: CoreOfParts): number[][] {
  const most = core.parts.reduce((length, { witnesses }) => Math.max(length, witnesses.length), 0);
  const whole: number[][] = [];
  for (let at = 0; at < most; at++) {
    const changed: number[] = [];
    parts.forEach(({ component }, i) => {
      const witness = core.parts[i].witnesses[at];
      if (witness === undefined) return;
      component.variables.forEach((variable, j) => {
        if (witness[j] !== mask![variable]) changed.push(variable);
      });
    });
    if (changed.length > 0) whole.push(changed);
  }
  return whole;
}
