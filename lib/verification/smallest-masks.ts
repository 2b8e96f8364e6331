import type { Certificate } from '../api/certificate.js';
import { exactRow, holds, inUnits } from './exact-rows.js';
import { boundOf, systemOf } from './bound.js';
import type { Forced } from './forced.js';
import { proveEmpty, type Means } from './prove.js';
import { Claim, weaker, type Standing } from './standing.js';
import type { System } from './system.js';
import { OutOfTime } from './work.js';

/** Weights are compared in units of 1/COST_RANGE of their range within a component. */
const COST_RANGE = 2n ** 20n - 1n;

export interface Told {
  failures: string[];
  reasons: string[];
}

/** Variables by what is said of them, and the masks that show it. */
export interface CoreCounts {
  every: number;
  some: number;
  none: number;
  open: number;
  witnesses: number;
}

/**
 * Claims about all smallest masks. They rest on the bound: where forced variables and components' bounds add up to the
 * size, a smallest mask has exactly its bound of ones in each component and none outside, so the rows of a component can be
 * read with zeros there.
 */
export class SmallestMasks {
  readonly #inside = new Set<number>();
  /** Are the named columns of a component the same in all smallest masks? */
  readonly #same = new Map<number, Standing>();
  readonly #certificate: Certificate;
  readonly #forced: Forced;
  readonly #means: Means;
  readonly #told: Told;

  constructor(certificate: Certificate, forced: Forced, means: Means, told: Told) {
    this.#certificate = certificate;
    this.#forced = forced;
    this.#means = means;
    this.#told = told;
    for (const { variables } of certificate.components)
      for (const variable of variables) this.#inside.add(variable);
  }

  /** What must be so before anything is said of all smallest masks; null where it is. */
  misfit(): string | null {
    const { status, mask, size, components } = this.#certificate;
    if (status !== 'optimal' || boundOf(this.#certificate, this.#forced) !== size)
      return `All smallest masks are spoken of, but the status is ${status} and the bounds do not add up to the size.`;
    for (const [index, { variables, lowerBound }] of components.entries()) {
      const ones = variables.reduce((sum, variable) => sum + mask![variable], 0);
      if (ones !== lowerBound)
        return `Component ${index}: the mask has ${ones} ones there, not ${lowerBound}.`;
    }
    return null;
  }

  async heaviest(): Promise<Claim> {
    const claim = new Claim();
    const { problem, components, heaviest } = this.#certificate;
    if (problem.weights === undefined) {
      this.#note(claim, 'Heaviest mask', {
        by: 'wrong',
        reason: 'it is claimed, but the problem has no weights',
      });
      return claim;
    }
    for (const index of components.keys()) {
      this.#means.onProgress?.({ stage: 'heaviest', done: index, of: components.length });
      const standing = await this.#orTime(() => this.#heaviestPart(index, heaviest === 'proven'));
      if (standing !== null) this.#note(claim, `Heaviest mask, component ${index}`, standing);
    }
    return claim;
  }

  /** Null where nothing is claimed. */
  async #heaviestPart(index: number, needed: boolean): Promise<Standing | null> {
    const { components, problem, mask } = this.#certificate;
    const { variables, heaviest, lowerBound } = components[index];
    const weights = variables.map((variable) => problem.weights![variable]);
    if (heaviest === undefined) {
      const equal = weights.every((weight) => weight === weights[0]);
      return needed && !equal ? { by: 'wrong', reason: 'nothing is said of it' } : null;
    }
    const misfit = costsMisfit(weights, heaviest.costs);
    if (misfit !== null) return { by: 'wrong', reason: misfit };
    const cost = heaviest.costs.reduce((sum, own, column) => sum + own * mask![variables[column]], 0);
    if (cost !== heaviest.cost)
      return { by: 'wrong', reason: `the mask costs ${cost}, not ${heaviest.cost}` };
    if (!heaviest.proven)
      return needed ? { by: 'wrong', reason: 'unproven, but the whole is said to be proven' } : null;
    if (cost === 0) return { by: 'exact' };
    const system = await this.#system(index);
    if (typeof system === 'string') return { by: 'wrong', reason: system };
    let before: Standing = { by: 'exact' };
    if (heaviest.usesCore) {
      before = await this.#unchanged(index);
      for (const column of components[index].core?.same ?? [])
        system.fixed.set(column, mask![variables[column]] === 1 ? 1 : 0);
    }
    const limits = { atMost: lowerBound, costs: heaviest.costs, below: cost };
    return weaker(before, await proveEmpty(system, limits, heaviest.proof, this.#means));
  }

  async core(): Promise<{ claim: Claim; counts: CoreCounts }> {
    const claim = new Claim();
    const { components, core } = this.#certificate;
    const counts = await this.#roles(claim);
    if (claim.wrong) return { claim, counts };
    for (const [index, { variables, core: own }] of components.entries()) {
      this.#means.onProgress?.({ stage: 'core', done: index, of: components.length });
      const claimed = variables.some((variable) => core!.proven[variable] && core!.roles[variable] !== SOME);
      if (!claimed || own === undefined) continue;
      const standing = await this.#orTime(() => this.#unchanged(index));
      this.#note(claim, `Core, component ${index}`, standing!);
    }
    return { claim, counts };
  }

  /** `some` is shown by two masks that differ there; every other role must be among what is proven of its component. */
  async #roles(claim: Claim): Promise<CoreCounts> {
    const { components, core, mask, witnesses = [] } = this.#certificate;
    const counts: CoreCounts = { every: 0, some: 0, none: 0, open: 0, witnesses: witnesses.length };
    const differ = new Set<number>();
    const failure = await this.#orTime(() => this.#witnessMisfit(differ));
    if (failure !== null) {
      this.#note(claim, 'Core', failure);
      return counts;
    }
    const covered = new Set<number>();
    for (const { variables, core: own } of components)
      for (const column of own?.same ?? []) covered.add(variables[column]);
    core!.roles.forEach((role, variable) => {
      if (claim.wrong) return;
      if (!core!.proven[variable]) {
        counts.open++;
        return;
      }
      const expected = differ.has(variable) ? SOME : mask![variable] ? EVERY : NONE;
      counts[NAMES[role]]++;
      const shown = role === SOME || !this.#inside.has(variable) || covered.has(variable);
      if (role === expected && shown) return;
      const reason =
        role === expected
          ? `that variable ${variable} is in ${NAMES[role]} of the smallest masks is proven by nothing`
          : `variable ${variable} is said to be in ${NAMES[role]} of the smallest masks; those given show ${NAMES[expected]}`;
      this.#note(claim, 'Core', { by: 'wrong', reason });
    });
    return counts;
  }

  /** Every witness must be a mask of the same size that all rows allow. Null where all are. */
  async #witnessMisfit(differ: Set<number>): Promise<Standing | null> {
    const { problem, mask, witnesses = [] } = this.#certificate;
    const rowsOf = new Map<number, number[]>();
    for (const [row, { columns }] of problem.rows.entries())
      for (const column of new Set(columns)) {
        const rows = rowsOf.get(column);
        if (rows) rows.push(row);
        else rowsOf.set(column, [row]);
      }
    const other = Uint8Array.from(mask!);
    for (const [index, changed] of witnesses.entries()) {
      let grown = 0;
      const touched = new Set<number>();
      for (const variable of changed) {
        other[variable] = 1 - other[variable];
        grown += other[variable] ? 1 : -1;
        differ.add(variable);
        for (const row of rowsOf.get(variable) ?? []) touched.add(row);
      }
      if (grown !== 0) return { by: 'wrong', reason: `witness ${index} is of another size` };
      // All other rows hold as they do for the mask itself.
      for (const row of touched) {
        if (this.#means.work.due(20 * problem.rows[row].columns.length + 1)) await this.#means.work.turn();
        if (!holds(exactRow(problem.rows[row]), other))
          return { by: 'wrong', reason: `witness ${index} breaks row ${row}` };
      }
      for (const variable of changed) other[variable] = 1 - other[variable];
    }
    return null;
  }

  async #unchanged(index: number): Promise<Standing> {
    const known = this.#same.get(index);
    if (known) return known;
    const { variables, core, lowerBound } = this.#certificate.components[index];
    if (core === undefined) return { by: 'wrong', reason: 'its core is used, but there is none' };
    const system = await this.#system(index);
    if (typeof system === 'string') return { by: 'wrong', reason: system };
    const own = variables.map((variable) => this.#certificate.mask![variable]);
    const extra = (question: System) => question.differ(own, core.same);
    const standing = await proveEmpty(system, { atMost: lowerBound, extra }, core.proof, this.#means);
    this.#same.set(index, standing);
    return standing;
  }

  async #system(index: number): Promise<System | string> {
    const outside = (variable: number) =>
      this.#forced.values.get(variable) ?? (this.#inside.has(variable) ? undefined : 0);
    return systemOf(this.#certificate, index, outside, this.#means);
  }

  async #orTime<T>(look: () => Promise<T>): Promise<T | Standing> {
    return look().catch((error: unknown) => {
      if (error instanceof OutOfTime) return { by: 'nothing', reason: 'the time limit was reached' };
      throw error;
    });
  }

  #note(claim: Claim, name: string, standing: Standing): void {
    claim.count(standing);
    if (standing.by === 'wrong') this.#told.failures.push(`${name}: ${standing.reason}.`);
    if (standing.by === 'nothing') this.#told.reasons.push(`${name}: ${standing.reason}.`);
  }
}

const NAMES = ['none', 'some', 'every'] as const;
const [NONE, SOME, EVERY] = [0, 1, 2];

/**
 * Each cost must be within one unit of (w_max − w)·(2^20 − 1) / (w_max − w_min), which is compared without division;
 * equal weights cost nothing. Null where it is.
 */
function costsMisfit(weights: readonly number[], costs: readonly number[]): string | null {
  const { units } = inUnits(weights);
  let most = units[0];
  let least = units[0];
  for (const value of units) {
    if (value > most) most = value;
    if (value < least) least = value;
  }
  const range = most - least;
  const column = units.findIndex((value, at) => {
    const difference = BigInt(costs[at]) * range - (most - value) * COST_RANGE;
    return range === 0n ? costs[at] !== 0 : difference > range || -difference > range;
  });
  return column < 0 ? null : `the cost ${costs[column]} of column ${column} is not what its weight makes it`;
}
