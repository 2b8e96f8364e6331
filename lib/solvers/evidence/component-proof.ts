import type { Certificate } from '../../api/certificate.js';
import type { BoundEvidence, LemmaEvidence } from '../bound-evidence.js';
import { atMost, differsFrom, withRows, type ExtraRow } from '../../masks/extra-rows.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { exactBlocks } from '../bounds/block-evidence.js';
import { disjointRows } from '../bounds/disjoint-rows.js';
import { exactDual } from '../bounds/dual-evidence.js';
import { buildTree, type Refutation } from './tree-builder.js';

type Component = Certificate['components'][number];
type Proof = NonNullable<Component['proof']>;
type TreeProof = Extract<Proof, { kind: 'tree' }>;

/** Components up to this size are searched for a tree, up to this number of nodes each. */
const TREE_VARIABLES = 200;
const TREE_NODES = 6000;

/** Nodes of trees that one certificate may take to write: a few seconds. */
export interface NodeBudget {
  left: number;
}

/** One component's rows, on integers and on doubles, and the clauses that follow from them. */
export interface ComponentModel {
  integers: IntegerProblem;
  doubles: CsrMaskProblem;
  clauses: readonly ExtraRow[];
}

/** Writes down why no mask of the component has at most `most` ones (null: any number); undefined where only provers know. */
export function boundProof(
  model: ComponentModel,
  most: number | null,
  evidence: BoundEvidence | undefined,
  budget: NodeBudget,
): Proof | undefined {
  if (evidence !== undefined && most !== null) {
    const { integers } = model;
    if (evidence.kind === 'dual' && exactDual(integers, evidence) > most) return dualTree(model, evidence);
    if (evidence.kind === 'lemmas' && evidence.bound > most) return lemmaProof(model, evidence);
    if (evidence.kind === 'blocks' && exactBlocks(integers, evidence) > most) return blocksProof(evidence);
  }
  const { bound, rows } = disjointRows(model.integers);
  if (bound === Infinity) return { kind: 'tree', tree: [['row', rows[0]]] };
  if (most !== null && bound > most) return { kind: 'tree', tree: [['pack', ...rows]] };
  return treeProof(model, { most }, budget);
}

export interface Limits {
  most: number | null;
  /** The mask, and columns in one of which the points differ from it. */
  differ?: { mask: ArrayLike<number>; columns: readonly number[] };
  costs?: { costs: readonly number[]; below: number };
  fixed?: ReadonlyMap<number, number>;
}

/** A search's tree, where one of few nodes does; see `Refutation` for what it shows. */
export function treeProof(
  { integers, doubles, clauses }: ComponentModel,
  { most, differ, costs, fixed }: Limits,
  budget: NodeBudget,
): TreeProof | undefined {
  if (integers.variables > TREE_VARIABLES) return undefined;
  const size = most === null ? null : { row: integers.bounds.length + clauses.length, most };
  const extra = [...clauses];
  if (most !== null) extra.push(atMost(integers.variables, most));
  if (differ) extra.push(differsFrom(differ.mask, differ.columns));
  if (costs) {
    const columns = costs.costs.flatMap((cost, column) => (cost === 0 ? [] : [column]));
    extra.push({
      columns,
      coefficients: columns.map((column) => -costs.costs[column]),
      bound: 1 - costs.below,
    });
  }
  const refutation: Refutation = { rows: withRows(integers, extra), doubles, size, fixed };
  const { tree, nodes } = buildTree(refutation, Math.min(TREE_NODES, budget.left));
  budget.left -= nodes;
  return tree === null ? undefined : { kind: 'tree', tree };
}

/** One leaf: the rows and cuts added up with their multipliers, and the size row with the cost of a one. */
function dualTree(
  { integers, clauses }: ComponentModel,
  evidence: BoundEvidence & { kind: 'dual' },
): TreeProof {
  const size = integers.bounds.length + clauses.length;
  const leaf: (string | number)[] = ['dual'];
  for (const { row, multiplier } of evidence.rows) if (multiplier > 0) leaf.push(row, multiplier);
  leaf.push(size, 2 ** evidence.scale);
  const used = evidence.cuts.filter(({ multiplier }) => multiplier > 0);
  used.forEach(({ multiplier }, at) => leaf.push(size + 1 + at, multiplier));
  const cuts = used.map(({ rows, times, columns, coefficients, bound }) => ({
    rows,
    times,
    columns,
    coefficients,
    bound,
  }));
  return { kind: 'tree', ...(cuts.length > 0 && { cuts }), tree: [leaf as TreeProof['tree'][number]] };
}

/** The size row comes between the rows that the search had and its cuts, and with 2^scale into every vector. */
function lemmaProof({ integers, clauses }: ComponentModel, { cuts, vectors, lemmas }: LemmaEvidence): Proof {
  const size = integers.bounds.length + clauses.length;
  const moved = (row: number): number => (row < size ? row : row + 1);
  return {
    kind: 'lemmas',
    ...(cuts.length > 0 && { cuts }),
    vectors: vectors.map(([scale, ...pairs]) => [
      ...pairs.map((number, at) => (at % 2 === 0 ? moved(number) : number)),
      size,
      2 ** scale,
    ]),
    lemmas: movedSources(lemmas, moved),
  };
}

function movedSources(lemmas: readonly number[], moved: (row: number) => number): number[] {
  const all = [...lemmas];
  for (let at = 0; at < all.length;) {
    at += 1 + all[at];
    for (let count = -1; count !== 0; at += 2 + count) {
      count = all[at];
      if (all[at + 1] % 3 === 0) all[at + 1] = 3 * moved(all[at + 1] / 3);
    }
  }
  return all;
}

function blocksProof({ blocks, cuts }: BoundEvidence & { kind: 'blocks' }): Proof {
  return {
    kind: 'blocks',
    blocks: blocks.map(({ rows, cuts: own, columns, costs, bound, multipliers, nodes }) => ({
      rows,
      cuts: own,
      columns,
      costs,
      bound,
      search: { multipliers, nodes },
    })),
    cuts,
  };
}
