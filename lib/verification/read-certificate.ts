import { certificateSchema, type Certificate, type CertificateComponent } from '../api/certificate.js';
import { SmugError } from '../errors.js';
import { misfitOf } from './form.js';

/**
 * Checks that a document has the form of a certificate, and that whatever it names is there: every index within its
 * list, lists of equal lengths. What it claims is not looked at. Takes no more memory than the document.
 * @throws SmugError `BAD_CERTIFICATE`
 */
export function readCertificate(json: unknown): Certificate {
  const misfit = misfitOf(certificateSchema, json) ?? inconsistency(json as Certificate);
  if (misfit === null) return json as Certificate;
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format === 'smug-encoding-certificate')
    throw new SmugError(
      'BAD_CERTIFICATE',
      'This is the certificate of a full encoding, which is checked against its network: smug verify --model, or verifyFullEncoding.',
    );
  const older = version === 1 ? ' It was written by an older release: solve the problem again.' : '';
  throw new SmugError('BAD_CERTIFICATE', `Not a certificate that can be checked: ${misfit}.${older}`);
}

function inconsistency(certificate: Certificate): string | null {
  const { problem, mask, scales, forced, conflict, components, core, witnesses } = certificate;
  const { variables, rows, weights } = problem;
  for (const [row, { columns, coefficients }] of rows.entries()) {
    if (columns.length !== coefficients.length)
      return `row ${row} has unequal numbers of columns and coefficients`;
    if (!below(columns, variables)) return `row ${row} has a column that is no variable`;
  }
  if (weights && weights.length !== variables) return 'problem.weights needs one number per variable';
  if (mask && mask.length !== variables) return 'mask needs one number per variable';
  if (scales.length !== rows.length) return 'scales needs one number per row';
  if (forced.some(({ variable, row }) => variable >= variables || row >= rows.length))
    return 'forced names a variable or row that is not there';
  if (conflict !== undefined && conflict >= rows.length) return 'conflict names a row that is not there';
  if (core && (core.roles.length !== variables || core.proven.length !== variables))
    return 'core needs one role and one entry of proven per variable';
  if (witnesses?.some((changed) => !below(changed, variables) || !distinct(changed)))
    return 'a witness names a variable that is not there, or twice';
  for (const [at, component] of components.entries()) {
    const misfit = inComponent(component, variables, rows.length);
    if (misfit !== null) return `component ${at}: ${misfit}`;
  }
  return null;
}

function inComponent(component: CertificateComponent, variables: number, rows: number): string | null {
  const { clauses, proof, core, heaviest, infeasible, lowerBound } = component;
  const columns = component.variables.length;
  if (!below(component.variables, variables)) return 'it has a variable that is not there';
  if (!below(component.rows, rows) || !distinct(component.rows))
    return 'it names a row that is not there, or twice';
  if (infeasible && lowerBound !== 0) return 'the lower bound of an infeasible component is written as 0';
  for (const clause of clauses) {
    if (
      clause.columns.length !== clause.values.length ||
      !below(clause.columns, columns) ||
      clause.row >= component.rows.length
    )
      return 'a clause names what is not there';
  }
  if (core && (!below(core.same, columns) || !distinct(core.same)))
    return 'core.same names a column that is not there, or twice';
  if (heaviest && heaviest.costs.length !== columns) return 'heaviest.costs needs one number per variable';
  for (const one of [proof, core?.proof, heaviest?.proof]) {
    const misfit = one && inProof(one, columns, component.rows.length);
    if (misfit) return misfit;
  }
  return null;
}

type Proof = NonNullable<CertificateComponent['proof']>;
type Cut = NonNullable<Extract<Proof, { kind: 'tree' }>['cuts']>[number];

function inProof(proof: Proof, columns: number, rows: number): string | null {
  for (const cut of proof.cuts ?? []) {
    const misfit = inCut(cut, columns, rows);
    if (misfit !== null) return misfit;
  }
  if (proof.kind === 'tree') return inTree(proof.tree);
  if (proof.kind === 'lemmas')
    return proof.vectors.some(({ length }) => length % 2 !== 0)
      ? 'vectors need a multiplier for every row'
      : null;
  for (const [at, block] of proof.blocks.entries()) {
    if (!below(block.rows, rows) || !distinct(block.rows))
      return `block ${at} names a row that is not there, or twice`;
    if (!below(block.columns, columns) || block.columns.length !== block.costs.length)
      return `block ${at} needs columns that are there, with one cost each`;
    if ((block.tree === undefined) === (block.search === undefined))
      return `block ${at} needs a search or a tree`;
    for (const cut of block.cuts) {
      const misfit = inCut(cut, columns, rows);
      if (misfit !== null) return `block ${at}: ${misfit}`;
    }
    const misfit = block.tree && inTree(block.tree);
    if (misfit) return `block ${at}: ${misfit}`;
  }
  return null;
}

function inCut(
  { rows: sources, times, columns: own, coefficients }: Cut,
  columns: number,
  rows: number,
): string | null {
  if (!below(sources, rows) || sources.length !== times.length)
    return 'a cut needs rows that are there, with one factor each';
  if (!below(own, columns) || own.length !== coefficients.length)
    return 'a cut needs columns that are there, with one coefficient each';
  return null;
}

/** Lists of a tree start with a word, and what follows are numbers: a row, pairs, or rows. */
function inTree(tree: readonly (number | readonly (string | number)[])[]): string | null {
  for (const [at, node] of tree.entries()) {
    if (typeof node === 'number') continue;
    const [kind] = node;
    const fits =
      typeof kind === 'string' &&
      node.every((part, index) => index === 0 || typeof part === 'number') &&
      (kind !== 'row' || node.length === 2) &&
      (kind !== 'dual' || node.length % 2 === 1);
    if (!fits) return `node ${at} of a tree is none`;
  }
  return null;
}

function below(list: readonly number[], limit: number): boolean {
  for (const value of list) if (value >= limit) return false;
  return true;
}

function distinct(list: readonly number[]): boolean {
  return new Set(list).size === list.length;
}
