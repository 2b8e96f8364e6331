// Certificates that claim what is false, or that prove what is true by an argument that does not show it.
import type { Certificate } from '../../dist/api/certificate.js';
import { hashOf } from '../../dist/verification/problem-hash.js';
import {
  ONE,
  all,
  certificate,
  chain,
  chainSteps,
  chained,
  circle,
  component,
  costs,
  cut,
  dualLeaf,
  heaviest,
  pairsBy,
  honest,
  type Proof,
  type Tree,
} from './honest.js';

const altered = (of: keyof typeof honest, change: (copy: Certificate) => void): Certificate => {
  const copy = structuredClone(honest[of]);
  change(copy);
  copy.problemSha256 =
    copy.problemSha256 === honest[of].problemSha256 ? hashOf(copy.problem) : copy.problemSha256;
  return JSON.parse(JSON.stringify(copy)) as Certificate;
};
const treeOf = (copy: Certificate): Tree =>
  (copy.components[0].proof as Extract<Proof, { kind: 'tree' }>).tree;
const lemmasOf = (copy: Certificate) => copy.components[0].proof as Extract<Proof, { kind: 'lemmas' }>;
const blocksOf = (copy: Certificate) =>
  (copy.components[0].proof as Extract<Proof, { kind: 'blocks' }>).blocks;

/** The mask of all five cells with a bound of four: one more than is needed. */
const raised = (copy: Certificate): void => {
  Object.assign(copy, { mask: [1, 1, 1, 1, 1], size: 5, lowerBound: 4, gap: 0.2, status: 'feasible' });
  copy.components[0].lowerBound = 4;
};

export const forgeries: Record<string, Certificate> = {
  'a bound raised, its dual vector kept': altered('a dual vector', raised),
  'a bound raised, its tree kept': altered('a tree', raised),
  'a bound raised, its block kept': altered('a block', raised),
  'a bound raised without its component': altered('a tree', (copy) => {
    raised(copy);
    copy.components[0].lowerBound = 3;
  }),
  'a dual vector whose rows alone are scaled': altered('a dual vector', (copy) => {
    raised(copy);
    copy.components[0].proof = { kind: 'tree', tree: dualLeaf(3, 2) };
  }),
  'a dual vector whose size row is scaled down': altered('a dual vector', (copy) => {
    raised(copy);
    copy.components[0].proof = { kind: 'tree', tree: dualLeaf(2, 1) };
  }),
  'a dual vector that counts a row twice': altered('a dual vector', (copy) => {
    raised(copy);
    (treeOf(copy)[0] as (string | number)[]).push(0, 5);
  }),
  'a dual vector with a negative multiplier': altered('a dual vector', (copy) => {
    raised(copy);
    (treeOf(copy)[0] as (string | number)[])[12] = -2;
  }),
  'a tree without its last leaf': altered('a tree', (copy) => treeOf(copy).pop()),
  'a tree without a leaf in the middle': altered('a tree', (copy) => treeOf(copy).splice(3, 1)),
  'a tree without the branch at its root': altered('a tree', (copy) => treeOf(copy).splice(0, 2)),
  'a tree that goes on': altered('a tree', (copy) => treeOf(copy).push(['row', 0])),
  'a tree with a leaf of a row that holds': altered('a tree', (copy) => (treeOf(copy)[1] = ['row', 1])),
  'a tree that decides a column twice': altered('a tree', (copy) => treeOf(copy).splice(0, 1, 0, 0)),
  'a tree that decides no column': altered('a tree', (copy) => (treeOf(copy)[0] = 7)),
  'a leaf of rows that share a column': altered('a tree', (copy) => {
    raised(copy);
    copy.components[0].proof = { kind: 'tree', tree: [['pack', 0, 1, 2, 3, 4]] };
  }),
  'a leaf that counts a row twice': altered('a tree', (copy) => {
    raised(copy);
    copy.components[0].proof = { kind: 'tree', tree: [['pack', 0, 0, 2, 2]] };
  }),
  'a bound raised, its lemmas kept': altered('lemmas', raised),
  'lemmas without the first': altered('lemmas', (copy) => lemmasOf(copy).lemmas.splice(0, 4)),
  'lemmas without the last': altered('lemmas', (copy) => lemmasOf(copy).lemmas.splice(4)),
  'lemmas without a step': altered('lemmas', (copy) => lemmasOf(copy).lemmas.splice(8, 3)),
  'a lemma that gives both of its literals': altered('lemmas', (copy) => {
    raised(copy);
    lemmasOf(copy).lemmas = [...[2, 1, 3, 0, 0], ...[2, 5, 7, 0, 6], ...[0, 2, 2, 1, 3, 2, 5, 5, 7, 0, 15]];
  }),
  'a lemma that leans on itself': altered('lemmas', (copy) => {
    raised(copy);
    lemmasOf(copy).lemmas = [0, 0, 2];
  }),
  'a literal beyond the last column that stands for another': altered('lemmas', (copy) => {
    lemmasOf(copy).lemmas[7] = 2 ** 32;
  }),
  'a vector whose multipliers are scaled': altered('lemmas', (copy) => {
    raised(copy);
    lemmasOf(copy).vectors = lemmasOf(copy).vectors.map((pairs) =>
      pairs.map((n, at) => (at === 1 ? 9 * n : n)),
    );
  }),
  'a component without a row that its proof needs': altered('a tree', (copy) =>
    copy.components[0].rows.pop(),
  ),
  'components that do not cover the bound': altered('a tree', (copy) => (copy.components = [])),
  'components that overlap': altered('a tree', (copy) => {
    raised(copy);
    copy.components = [component([0, 1], [0], 1, { proof: { kind: 'tree', tree: [['pack', 0]] } })];
    for (const j of [1, 2, 3])
      copy.components.push(component([j, j + 1], [j], 1, { proof: { kind: 'tree', tree: [['pack', 0]] } }));
  }),
  'a component that names a variable twice': altered('a tree', (copy) =>
    copy.components[0].variables.push(0),
  ),
  'a forced variable in a component': altered('forced variables', (copy) => {
    copy.components = [component([2], [2], 1, { proof: { kind: 'tree', tree: [['pack', 0]] } })];
  }),
  'a forced cell that is not': certificate(
    circle,
    { mask: [1, 0, 1, 0, 1], lowerBound: 3 },
    {
      forced: [0, 2, 4].map((variable) => ({ variable, value: 1, row: variable })),
    },
  ),
  'forced cells before what forces them': chained([...chainSteps].reverse()),
  'a cell forced twice': chained([...chainSteps, chainSteps[0]]),
  'a cell forced to the other value': chained([{ ...chainSteps[0], value: 0 }, ...chainSteps.slice(1)]),
  'a cell forced by a row without it': chained([{ ...chainSteps[0], row: 2 }, ...chainSteps.slice(1)]),
  'a conflict that is none': certificate(
    chain,
    { mask: null, lowerBound: 0 },
    { forced: chainSteps, conflict: 2 },
  ),
  'an infeasible component that is not': certificate(
    circle,
    { mask: null, lowerBound: 0 },
    {
      components: [
        component(all, all, 0, {
          infeasible: true,
          proof: { kind: 'tree', tree: [['dual', 0, 1, 1, 1, 2, 1, 3, 1, 4, 1]] },
        }),
      ],
    },
  ),
  'infeasible, shown by nothing': certificate(circle, { mask: null, lowerBound: 0 }, {}),
  'a block with other costs': altered('a block', (copy) => {
    raised(copy);
    Object.assign(blocksOf(copy)[0], { costs: all.map(() => 2 * ONE), bound: 4 * ONE + 1 });
  }),
  'a block whose bound is raised': altered('a block', (copy) => {
    raised(copy);
    blocksOf(copy)[0].bound = 3 * ONE + 1;
  }),
  'a block searched beyond the exact range': altered('a block', (copy) => {
    raised(copy);
    Object.assign(blocksOf(copy)[0], { costs: [2 ** 52, -(2 ** 52), 0, 0, 0], bound: 3 * ONE + 1 });
  }),
  'a block of a negative number of nodes': altered(
    'a block',
    (copy) => (blocksOf(copy)[0].search!.nodes = -9e15),
  ),
  'a block that counts a row as another component’s': altered('a block', (copy) =>
    blocksOf(copy)[0].rows.push(9),
  ),
  'a block without a column of its rows': altered('a block', (copy) => {
    blocksOf(copy)[0].columns.pop();
    blocksOf(copy)[0].costs.pop();
  }),
  'two blocks that both take the whole cost': altered('a block', (copy) => {
    raised(copy);
    blocksOf(copy).push(structuredClone(blocksOf(copy)[0]));
  }),
  'a block with a tree of other costs': altered('a block with a tree', (copy) => {
    raised(copy);
    blocksOf(copy)[0].bound = 3 * ONE + 1;
  }),
  'a cut raised': pairsBy([cut(0, 3), cut(1, 3)], ['dual', 2, 1, 3, 1, 4, 1], 6),
  'a cut of another row': pairsBy([cut(0), { ...cut(1), rows: [0] }], ['dual', 2, 1, 3, 1, 4, 1]),
  'a cut of the wrong sign': pairsBy(
    [{ ...cut(0), coefficients: [1, 1, -1] }, cut(1)],
    ['dual', 2, 1, 3, 1, 4, 1],
  ),
  'a cut that names a column twice': pairsBy(
    [{ ...cut(0), columns: [0, 0, 1] }, cut(1)],
    ['dual', 2, 1, 3, 1, 4, 1],
  ),
  'a clause that does not follow': altered('a tree', (copy) => {
    copy.components[0].clauses = [{ row: 0, columns: [0], values: [0] }];
  }),
  'a lighter mask called the heaviest': heaviest([0, 0, 1], costs, {}, [['dual', 1, 1, 2, 1]]),
  'a lighter mask with the costs of another': heaviest([1, 0, 0], [0, 524288, 2 ** 20 - 1]),
  'a lighter mask whose costs are all nothing': heaviest([1, 0, 0], [0, 0, 0]),
  'a lighter mask of another cost': heaviest([1, 0, 0], costs, { cost: 0 }),
  'a lighter mask that leans on a core that is not there': heaviest([1, 0, 0], costs, { usesCore: true }),
  'the heaviest mask, of which a component says nothing': altered('the heaviest mask', (copy) => {
    Object.assign(copy, { mask: [1, 0, 0] });
    delete copy.components[0].heaviest;
  }),
  'a core with another role': altered('the core', (copy) => (copy.core!.roles[2] = 0)),
  'a core without its witness': altered('the core', (copy) => (copy.witnesses = [])),
  'a core that goes too far': altered('the core', (copy) => {
    copy.core!.roles = [2, 2, 0];
    copy.witnesses = [];
    copy.components[0].core!.same = [0, 1, 2];
  }),
  'a core proven of other columns': altered('the core', (copy) => (copy.components[0].core!.same = [])),
  'a witness of another size': altered('the core', (copy) => (copy.witnesses = [[2]])),
  'a witness that breaks a row': altered('the core', (copy) => (copy.witnesses = [[0, 2]])),
  'a core of a mask that is not proven smallest': altered('the core', (copy) => {
    Object.assign(copy, { status: 'feasible', lowerBound: 1, gap: 0.5 });
  }),
  'another problem under the old hash': altered('a tree', (copy) => (copy.problem.rows[0].lower = 1.5)),
  'another problem under its own hash': altered('a tree', (copy) => {
    copy.problem.rows[0].lower = 1.5;
    copy.problemSha256 = '';
    copy.problemSha256 = hashOf(copy.problem);
  }),
  'a mask that breaks a row': altered('a tree', (copy) => (copy.mask = [1, 1, 1, 0, 0])),
  'a status that there is not': altered('a tree', (copy) => Object.assign(copy, { status: 'foo' })),
  'a size without a mask': altered('a tree', (copy) =>
    Object.assign(copy, { mask: null, status: 'unknown', size: 77, gap: 1 }),
  ),
  'a gap below nothing': altered('a tree', (copy) =>
    Object.assign(copy, { mask: null, status: 'unknown', size: 0, gap: -5 }),
  ),
  'a field that nobody knows': altered('a tree', (copy) => Object.assign(copy, { verified: true })),
};

/** Without a proof nothing is shown, whoever is said to have shown it; the problem of each has a smaller mask than claimed. */
export const unproven: Record<string, Certificate> = Object.fromEntries(
  ['enumeration', 'libz3', 'highs', 'blocks'].map((by) => [
    `a word relabelled as ${by}`,
    altered('a tree', (copy) => {
      raised(copy);
      delete copy.components[0].proof;
      copy.components[0].said = [{ by }];
    }),
  ]),
);
