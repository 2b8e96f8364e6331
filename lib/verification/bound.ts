import type { Certificate } from '../api/certificate.js';
import { exactRow, type ExactRow } from './exact-rows.js';
import type { Forced } from './forced.js';
import { proveEmpty, type Means } from './prove.js';
import { Claim } from './standing.js';
import { clauseFollows, componentSystem, type System } from './system.js';
import { OutOfTime } from './work.js';

/**
 * "No mask has fewer ones than the bound", or "no mask satisfies the rows". Forced variables are 1 in every feasible mask,
 * and components share no variable with them or with each other, so what each needs adds up.
 */
export async function checkBound(
  certificate: Certificate,
  forced: Forced,
  means: Means,
  told: { failures: string[]; reasons: string[] },
): Promise<Claim> {
  const claim = new Claim();
  const { status, conflict, components } = certificate;
  const wrong = (reason: string): Claim => {
    told.failures.push(reason);
    claim.count({ by: 'wrong', reason });
    return claim;
  };
  const overlap = overlapOf(certificate, forced);
  if (overlap !== null) return wrong(overlap);
  if (conflict !== undefined) {
    // Replayed with the forced steps.
    if (status !== 'infeasible') return wrong(`A row cannot hold, but the status is ${status}.`);
    claim.count({ by: 'exact' });
    return claim;
  }
  const impossible = components.some(({ infeasible }) => infeasible);
  if (status === 'infeasible' && !impossible)
    return wrong('The status is infeasible, but neither a row nor a component shows it.');
  if (status !== 'infeasible' && impossible)
    return wrong(`A component is infeasible, but the status is ${status}.`);
  if (status !== 'infeasible') {
    const total = boundOf(certificate, forced);
    if (total < certificate.lowerBound)
      return wrong(
        `Forced variables and components add up to ${total}, less than the bound ${certificate.lowerBound}.`,
      );
  }
  for (const [index, component] of components.entries()) {
    means.onProgress?.({ stage: 'bound', done: index, of: components.length });
    if (status === 'infeasible' && !component.infeasible) continue;
    if (component.lowerBound === 0 && !component.infeasible) continue;
    const name = `Component ${index} (${component.variables.length} variables)`;
    const outside = (variable: number) => forced.values.get(variable);
    const system = await systemOf(certificate, index, outside, means).catch((error: unknown) => {
      if (error instanceof OutOfTime) return null;
      throw error;
    });
    if (system === null) {
      claim.count({ by: 'nothing', reason: 'time' });
      told.reasons.push(`${name}: the time limit was reached.`);
      continue;
    }
    if (typeof system === 'string') return wrong(`${name}: ${system}.`);
    const limits = component.infeasible ? {} : { atMost: component.lowerBound - 1 };
    const standing = await proveEmpty(system, limits, component.proof, means);
    claim.count(standing);
    if (standing.by === 'wrong') told.failures.push(`${name}: ${standing.reason}.`);
    if (standing.by === 'nothing') told.reasons.push(`${name}: ${standing.reason}.`);
  }
  return claim;
}

/** What forced variables and components need together. */
export function boundOf({ components }: Certificate, forced: Forced): number {
  let total = 0;
  for (const value of forced.values.values()) total += value;
  for (const { lowerBound } of components) total += lowerBound;
  return total;
}

function overlapOf({ components }: Certificate, forced: Forced): string | null {
  const taken = new Set<number>();
  for (const [index, { variables }] of components.entries()) {
    for (const variable of variables) {
      if (forced.values.has(variable))
        return `Component ${index}: variable ${variable} is forced, and counted again.`;
      if (taken.has(variable)) return `Component ${index}: variable ${variable} is counted twice.`;
      taken.add(variable);
    }
  }
  return null;
}

/**
 * The rows of a component with its clauses, each of which must follow from its row; else what is wrong.
 * `outside`: values of variables that are not the component's, where they are known.
 */
export async function systemOf(
  { problem, scales, components }: Certificate,
  index: number,
  outside: (variable: number) => 0 | 1 | undefined,
  { work }: Means,
): Promise<System | string> {
  const { variables, rows, clauses } = components[index];
  const local = new Map(variables.map((variable, column) => [variable, column]));
  const exact: ExactRow[] = [];
  for (const row of rows) {
    if (work.due(20 * problem.rows[row].columns.length + 1)) await work.turn();
    exact.push(exactRow(problem.rows[row]));
  }
  const own = rows.map((row) => scales[row]);
  const system = componentSystem(variables.length, exact, own, local, outside);
  for (const [at, clause] of clauses.entries()) {
    if (work.due(10 * (system.exact[clause.row].columns.length + 1))) await work.turn();
    if (!clauseFollows(clause, system.exact[clause.row]))
      return `its clause ${at} does not follow from row ${clause.row}`;
    system.addClause(clause);
  }
  return system;
}
