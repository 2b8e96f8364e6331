import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { differsFrom } from '../../masks/extra-rows.js';
import type { Certificate } from './certificate.js';
import { proveLeast, type Confirmation, type ReproveOptions } from './prove-component.js';
import { componentRelaxation, componentRelaxedTruth } from './relaxation.js';
import type { ComponentEvidence } from '../solution-evidence.js';

/** A component as all smallest masks of the whole problem see it. */
export interface SmallestPart {
  component: ComponentEvidence;
  /** Rows that the part of every smallest mask satisfies, on integers and on doubles. */
  relaxation: IntegerProblem;
  truth: CsrMaskProblem;
  /** The certificate's mask, over the component's variables. */
  mask: Uint8Array;
}

/**
 * What is known of all smallest masks once the bound is proven: forced variables and the components' bounds add up
 * to the size, so a smallest mask has exactly its bound of ones in each component and none outside. The rows of a
 * component can be read with zeros there.
 */
export class SmallestMasks {
  /** 1 where every smallest mask has a one, 0 where none has, 2 within the components. */
  readonly values: Uint8Array;

  constructor(
    readonly problem: CsrMaskProblem,
    readonly certificate: Certificate,
    private readonly ceiling: IntegerProblem,
    forced: Uint8Array,
  ) {
    this.values = new Uint8Array(problem.variables);
    for (const variable of certificate.ones) this.values[variable] = 1;
    for (const { variables } of certificate.components) {
      for (const variable of variables) this.values[variable] = forced[variable];
    }
  }

  part(index: number): SmallestPart {
    const component = this.certificate.components[index];
    return {
      component,
      relaxation: componentRelaxation(this.ceiling, this.values, component),
      truth: componentRelaxedTruth(this.problem, this.values, component),
      mask: Uint8Array.from(component.variables, (variable) => this.certificate.mask![variable]),
    };
  }

  readonly #replayed = new Map<number, { same: string; outcome: Promise<Confirmation> }>();

  /** Is the part of every smallest mask the certificate's in these columns? Asked once, however often it is used. */
  async unchanged(index: number, same: readonly number[], options: ReproveOptions): Promise<Confirmation> {
    const key = same.join();
    const before = this.#replayed.get(index);
    if (before?.same === key) return before.outcome;
    const { component, relaxation, truth, mask } = this.part(index);
    const outcome = proveLeast(
      {
        problem: relaxation,
        truth,
        least: component.lowerBound + 1,
        clauses: [...component.cuts, differsFrom(mask, same)],
        proofs: component.core?.proofs ?? [],
      },
      options,
    );
    this.#replayed.set(index, { same: key, outcome });
    return outcome;
  }
}
