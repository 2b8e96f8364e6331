import { SmugError } from '../../errors.js';
import type { Certificate } from './certificate.js';

/**
 * Checks that a document has the form of a certificate; what it claims is not looked at.
 * @throws SmugError `BAD_CERTIFICATE`
 */
export function readCertificate(json: unknown): Certificate {
  const bad = (what: string): never => {
    throw new SmugError('BAD_CERTIFICATE', `Not a certificate of smug solve or smug explain: ${what}.`);
  };
  if (typeof json !== 'object' || json === null) return bad('expected a JSON object');
  const document = json as Partial<Certificate>;
  if (document.format !== 'smug-certificate') return bad("its format must be 'smug-certificate'");
  if (document.version !== 1) return bad(`version ${String(document.version)} is not known, only 1 is`);
  if (typeof document.problem !== 'object' || document.problem === null) return bad('problem is missing');
  if (document.mask !== null && !Array.isArray(document.mask)) return bad('mask must be a list or null');
  for (const field of ['size', 'lowerBound', 'gap'] as const) {
    if (typeof document[field] !== 'number') return bad(`${field} must be a number`);
  }
  for (const field of ['size', 'lowerBound'] as const) {
    if (!Number.isSafeInteger(document[field]) || document[field]! < 0)
      return bad(`${field} must be a count`);
  }
  const { variables, rows } = document.problem;
  const indices = (list: unknown, limit: number): boolean =>
    Array.isArray(list) && list.every((value) => Number.isInteger(value) && value >= 0 && value < limit);
  if (!Array.isArray(rows)) return bad('problem.rows must be a list');
  if (!indices(document.ones, variables)) return bad('ones must be a list of variables');
  if (!Array.isArray(document.components)) return bad('components must be a list');
  for (const component of document.components) {
    const { lowerBound, proofs, cuts } = component ?? {};
    if (!indices(component?.variables, variables)) return bad('a component has no list of variables');
    if (!indices(component.rows, rows.length)) return bad('a component has no list of rows');
    if (new Set(component.rows).size !== component.rows.length) return bad('a component names a row twice');
    if (!Number.isSafeInteger(lowerBound) || lowerBound < 0)
      return bad("a component's bound must be a count");
    if (!Array.isArray(proofs)) return bad('a component has no list of proofs');
    const readable = (cut: unknown): boolean => {
      const { columns, coefficients } = (cut ?? {}) as Record<string, unknown>;
      return Array.isArray(columns) && Array.isArray(coefficients) && columns.length === coefficients.length;
    };
    if (!Array.isArray(cuts) || !cuts.every(readable)) return bad('a component has no list of clauses');
    const { heaviest, core } = component;
    const { cost, proven, proofs: runs } = heaviest ?? { cost: 0, proven: true, proofs: [] };
    if (!Number.isSafeInteger(cost) || typeof proven !== 'boolean' || !Array.isArray(runs))
      return bad("a component's claim to be heaviest cannot be read");
    if (
      core !== undefined &&
      !(Array.isArray(core?.proofs) && indices(core.same, component.variables.length))
    )
      return bad("a component's core has no lists of columns and proofs");
    const { dual } = component;
    const lists = (object: unknown, ...names: string[]): boolean =>
      names.every((name) => Array.isArray((object as Record<string, unknown> | null)?.[name]));
    const whole =
      dual?.kind === 'blocks'
        ? lists(dual, 'blocks', 'cuts') &&
          dual.blocks.every(
            (block) =>
              lists(block, 'rows', 'cuts', 'columns', 'costs', 'multipliers') && block.cuts.every(readable),
          )
        : lists(dual, 'rows', 'cuts');
    if (dual !== undefined && !(whole && dual.cuts.every(readable))) {
      return bad("a component's dual vector is not one");
    }
  }
  const { heaviest, core, witnesses } = document;
  if (heaviest !== undefined && heaviest !== 'proven' && heaviest !== 'unproven')
    return bad("heaviest must be 'proven' or 'unproven'");
  if (core !== undefined) {
    const within = (list: unknown, limit: number): boolean =>
      indices(list, limit) && (list as unknown[]).length === variables;
    if (!within(core?.roles, 3)) return bad('core.roles must be a list with 0, 1 or 2 a variable');
    if (!within(core.proven, 2)) return bad('core.proven must be a list with 0 or 1 a variable');
  }
  if (
    witnesses !== undefined &&
    !(Array.isArray(witnesses) && witnesses.every((one) => indices(one, variables)))
  )
    return bad('witnesses must be lists of variables');
  return document as Certificate;
}
