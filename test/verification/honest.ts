// True certificates, one for every kind of proof, and what they are made of.
import type { Certificate } from '../../dist/api/certificate.js';
import { hashOf } from '../../dist/verification/problem-hash.js';

type Component = Certificate['components'][number];
type Row = Certificate['problem']['rows'][number];
export type Proof = NonNullable<Component['proof']>;
export type Tree = Extract<Proof, { kind: 'tree' }>['tree'];

const sparse = (columns: number[], coefficients: number[], lower: number): Row => ({
  columns,
  coefficients,
  lower,
});
/** Integer coefficients as they are: the rounded rows are the given ones. */
const unscaled = (rows: readonly Row[]) => rows.map(() => 0);

export function certificate(
  rows: Row[],
  answer: { mask: number[] | null; lowerBound: number; weights?: number[] },
  more: Partial<Certificate>,
): Certificate {
  const { mask, lowerBound, weights } = answer;
  const columns = rows.flatMap((row) => Array.from(row.columns));
  const variables = mask?.length ?? Math.max(...columns) + 1;
  const size = mask?.reduce((sum, value) => sum + value, 0) ?? 0;
  const problem = { variables, rows, ...(weights && { weights }) };
  return {
    format: 'smug-certificate',
    version: 2,
    problem,
    problemSha256: hashOf(problem),
    status: mask === null ? 'infeasible' : size === lowerBound ? 'optimal' : 'feasible',
    mask,
    size,
    lowerBound,
    gap: mask === null ? 1 : size === 0 ? 0 : (size - lowerBound) / size,
    backend: 'libz3',
    provers: [],
    scales: unscaled(rows),
    forced: [],
    components: [],
    ...more,
  };
}

export const component = (
  variables: number[],
  rows: number[],
  lowerBound: number,
  more: Partial<Component>,
): Component => ({
  variables,
  rows,
  clauses: [],
  lowerBound,
  said: [],
  ...more,
});

/** Five cells in a circle, one of each two neighbours is needed: three cells, and the relaxation says two and a half. */
export const circle = [0, 1, 2, 3, 4].map((j) => sparse([j, (j + 1) % 5], [1, 1], 0.5));
export const all = [0, 1, 2, 3, 4];
export const dualLeaf = (row: number, size: number): Tree => [
  ['dual', 0, row, 1, row, 2, row, 3, row, 4, row, 5, size],
];
/** Row 5 is the size row: one branch on cell 0, then pairs of disjoint rows. */
const circleTree: Tree = [0, ['pack', 1, 3], 1, ['pack', 2, 4], ['row', 0]];

/** x0 is 0, as two pairs need two more; then x1 and x4 are 1, and the pair left needs a third. */
const circleLemmas: Proof = {
  kind: 'lemmas',
  vectors: [
    [1, 1, 3, 1, 5, 1],
    [2, 1, 5, 1],
  ],
  lemmas: [...[1, 0, 0, 1], ...[0, 1, 2, 0, 1, 0, 3, 1, 12, 9, 0, 4]],
};

const circleBy = (proof: Proof, mask = [1, 0, 1, 0, 1], lowerBound = 3): Certificate =>
  certificate(circle, { mask, lowerBound }, { components: [component(all, all, lowerBound, { proof })] });

export const ONE = 2 ** 40;
const block = (bound: number, more: object = {}): Proof => ({
  kind: 'blocks',
  blocks: [
    {
      rows: all,
      cuts: [],
      columns: all,
      costs: all.map(() => ONE),
      bound,
      search: { multipliers: all.map(() => ONE / 2), nodes: 1000 },
      ...more,
    },
  ],
  cuts: [],
});

/** Each row needs two of its three cells: a cut says so. */
const pairs = [sparse([0, 1, 2], [2, 2, 3], 3), sparse([3, 4, 5], [2, 2, 3], 3)];
export const cut = (row: number, bound = 2) => ({
  rows: [row],
  times: [1],
  columns: [3 * row, 3 * row + 1, 3 * row + 2],
  coefficients: [1, 1, 1],
  bound,
});
export const pairsBy = (
  cuts: ReturnType<typeof cut>[],
  leaf: (string | number)[],
  lowerBound = 4,
): Certificate =>
  certificate(
    pairs,
    { mask: lowerBound === 4 ? [1, 1, 0, 1, 1, 0] : [1, 1, 1, 1, 1, 1], lowerBound },
    {
      components: [
        component([0, 1, 2, 3, 4, 5], [0, 1], lowerBound, {
          proof: { kind: 'tree', cuts, tree: [leaf as Tree[number]] },
        }),
      ],
    },
  );

/** x0 is forced, then x1 by x0, then x2 by x1. */
export const chain = [sparse([0], [1], 0), sparse([0, 1], [-1, 1], -0.5), sparse([1, 2], [-1, 1], -0.5)];
export const chainSteps = [0, 1, 2].map((variable) => ({ variable, value: 1, row: variable }));
export const chained = (forced: Certificate['forced'], more: Partial<Certificate> = {}): Certificate =>
  certificate(chain, { mask: [1, 1, 1], lowerBound: 3 }, { forced, ...more });

/** One of three cells is needed; the heaviest is the second. */
const choice = [sparse([0, 1, 2], [1, 1, 1], 0.5)];
const weights = [1, 3, 2];
export const costs = [2 ** 20 - 1, 0, 524288];
export const heaviest = (mask: number[], own: number[], more: object = {}, tree?: Tree): Certificate => {
  const cost = own.reduce((sum, value, j) => sum + value * mask[j], 0);
  const claim = {
    costs: own,
    cost,
    proven: true,
    said: [],
    ...(tree && { proof: { kind: 'tree' as const, tree } }),
    ...more,
  };
  // At most no ones: the size row leaves none.
  const bound: Proof = { kind: 'tree', tree: [['dual', 0, 1, 1, 1]] };
  return certificate(
    choice,
    { mask, lowerBound: 1, weights },
    {
      heaviest: 'proven',
      components: [component([0, 1, 2], [0], 1, { proof: bound, heaviest: claim })],
    },
  );
};

const core = (): Certificate => {
  // Cell 0 is needed by the first row, one of the others by the second.
  const rows = [sparse([0, 1], [2, 1], 1.5), sparse([1, 2], [1, 1], 0.5)];
  const bound: Proof = { kind: 'tree', tree: [0, ['pack', 1], ['row', 0]] };
  const same: { kind: 'tree'; tree: Tree } = { kind: 'tree', tree: [0, ['row', 3], ['row', 0]] };
  return certificate(
    rows,
    { mask: [1, 1, 0], lowerBound: 2 },
    {
      core: { roles: [2, 1, 1], proven: [1, 1, 1] },
      witnesses: [[1, 2]],
      components: [
        component([0, 1, 2], [0, 1], 2, { proof: bound, core: { same: [0], said: [], proof: same } }),
      ],
    },
  );
};

/** True certificates that the forgeries are made from: both checkers must accept them. */
export const honest: Record<string, Certificate> = {
  'a dual vector': circleBy({ kind: 'tree', tree: dualLeaf(1, 2) }),
  'a tree': circleBy({ kind: 'tree', tree: circleTree }),
  lemmas: circleBy(circleLemmas),
  'a block': circleBy(block(2 * ONE + 1)),
  'a block with a tree': circleBy(
    block(2 * ONE + 1, {
      search: undefined,
      tree: [['dual', ...[0, 1, 2, 3, 4].flatMap((r) => [r, ONE]), 5, 2]],
    }),
  ),
  cuts: pairsBy([cut(0), cut(1)], ['dual', 2, 1, 3, 1, 4, 1]),
  'forced variables': chained(chainSteps),
  'the heaviest mask': heaviest([0, 1, 0], costs),
  'the core': core(),
};
