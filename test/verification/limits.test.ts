// What a certificate may cost whoever checks it, and whose word counts.
import test from 'ava';
import type { Certificate } from '../../dist/api/certificate.js';
import type { MaskProblem } from '../../dist/masks/problem.js';
import type { Prover, ProverAnswer } from '../../dist/verification/prover.js';
import { hashOf } from '../../dist/verification/problem-hash.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { certifyAll, certifyBound, disposeProvers, ring, told } from './certify.js';
import { randomNumbers } from '../support/random-numbers.js';

test.after.always(disposeProvers);

/** Each variable needs the one before it: everything is forced, one after the other. */
function chain(variables: number): MaskProblem {
  const rows = Array.from({ length: variables }, (_, j) =>
    j === 0
      ? { columns: [0], coefficients: [1], lower: 0 }
      : { columns: [j - 1, j], coefficients: [-1, 1], lower: -0.5 },
  );
  // The order in which a sweep over the rows finds one step at a time.
  return { variables, rows: rows.reverse() };
}

test.serial('an honest chain of 5,000 forced variables verifies in about a second', async (t) => {
  const certificate = await certifyBound(chain(5000));
  t.is(certificate.forced.length, 5000);
  const start = performance.now();
  const verdict = await verifyCertificate(certificate);
  const seconds = (performance.now() - start) / 1000;
  t.is(verdict.verdict, 'verified-exact', told(verdict));
  t.log(`${seconds.toFixed(2)} s`);
  t.true(seconds < 5, `${seconds} s`);
});

test.serial(
  'infeasibility that only exact arithmetic sees, through a variable that presolve calls useless, is verified',
  async (t) => {
    // 1 − 2⁻⁵² rounds up to what 1 − 2⁻⁵³ asks for; variable 1 helps no row.
    const problem = {
      variables: 2,
      rows: [
        { columns: [0], coefficients: [1], lower: 0.5 },
        { columns: [0, 1], coefficients: [1 - 2 ** -52, -(2 ** -60)], lower: 1 - 2 ** -53 },
      ],
    };
    const certificate = await certifyBound(problem);
    t.is(certificate.status, 'infeasible');
    t.is(certificate.conflict, 1);
    t.is((await verifyCertificate(certificate)).verdict, 'verified-exact');
  },
);

test.serial(
  'a column that rounding makes helpful, and that truly is not, may be forced by a row that cannot hold at all',
  async (t) => {
    // Column 0 cancels in truth, but its entries round up one by one.
    const problem = {
      variables: 2,
      rows: [
        { columns: [0, 1, 0], coefficients: [-1, -2e12, 1], lower: 0 },
        { columns: [0, 1], coefficients: [1, 1], lower: 0.5 },
      ],
    };
    const certificate = await certifyBound(problem);
    t.is(certificate.status, 'infeasible');
    const verdict = await verifyCertificate(certificate);
    t.is(verdict.verdict, 'verified-exact', told(verdict));
  },
);

function bare(problem: MaskProblem, more: Partial<Certificate>): Certificate {
  const rows = problem.rows.map(({ columns, coefficients, lower }) => ({
    columns: Array.from(columns),
    coefficients: Array.from(coefficients),
    lower,
  }));
  const plain = { variables: problem.variables, rows };
  return {
    format: 'smug-certificate',
    version: 2,
    problem: plain,
    problemSha256: hashOf(plain),
    status: 'unknown',
    mask: null,
    size: 0,
    lowerBound: 0,
    gap: 1,
    backend: '',
    provers: [],
    scales: rows.map(() => 0),
    forced: [],
    components: [],
    ...more,
  };
}

test.serial('a thousand million variables that occur nowhere cost nothing', async (t) => {
  const problem = { variables: 1e9, rows: [{ columns: [999_999_999], coefficients: [1], lower: 0.5 }] };
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const forced = [{ variable: 999_999_999, value: 1, row: 0 }];
  t.is((await verifyCertificate(bare(problem, { forced, lowerBound: 1 }))).verdict, 'verified-exact');
  t.true(performance.now() - start < 1000);
  t.true(process.memoryUsage.rss() - before < 100e6);
});

/** A block whose search would take hours: one cell of each of 360 random triples, and more than the relaxation says. */
function hopeless(nodes: number): Certificate {
  const random = randomNumbers(3);
  const variables = 120;
  const all = Array.from({ length: variables }, (_, j) => j);
  const rows = Array.from({ length: 360 }, () => {
    const columns = [...new Set([0, 0, 0].map(() => Math.floor(random() * variables)))];
    return { columns, coefficients: columns.map(() => 1), lower: 0.5 };
  });
  const block = {
    rows: rows.map((_, row) => row),
    cuts: [],
    columns: all,
    costs: all.map(() => 2 ** 40),
    bound: 44 * 2 ** 40 + 1,
    search: { multipliers: rows.map(() => Math.floor(2 ** 40 / 9)), nodes },
  };
  const component = {
    variables: all,
    rows: block.rows,
    clauses: [],
    lowerBound: 45,
    said: [],
    proof: { kind: 'blocks' as const, blocks: [block], cuts: [] },
  };
  return bare({ variables, rows }, { lowerBound: 45, components: [component] });
}

test.serial(
  'the time limit is for everything together, and what was not reached is not checked',
  async (t) => {
    const start = performance.now();
    const verdict = await verifyCertificate(hopeless(5_000_000), { timeLimit: 0.5 });
    t.is(verdict.verdict, 'not-checked', told(verdict));
    t.regex(told(verdict), /time limit/);
    t.true(performance.now() - start < 2000);
  },
);

test.serial('a signal is heard in the middle of a search', async (t) => {
  const controller = new AbortController();
  const verifying = verifyCertificate(hopeless(5_000_000), { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const start = performance.now();
  controller.abort();
  await t.throwsAsync(verifying, { code: 'ABORTED' });
  t.true(performance.now() - start < 500);
});

test.serial('more search than the caller allows is not begun', async (t) => {
  const start = performance.now();
  for (const [nodes, limit] of [
    [5_000_001, undefined],
    [1001, 1000],
  ] as const) {
    const verdict = await verifyCertificate(hopeless(nodes), { nodes: limit });
    t.is(verdict.verdict, 'not-checked', told(verdict));
    t.regex(told(verdict), /more than is allowed/);
  }
  t.true(performance.now() - start < 1000);
});

test.serial('what is added up again and again takes no more memory than the file', async (t) => {
  // Each of 3,000 vectors of two numbers is a row of 20,000 entries.
  const variables = 20_000;
  const all = Array.from({ length: variables }, (_, j) => j);
  const row = { columns: all, coefficients: all.map(() => 1), lower: 0.5 };
  const vectors = Array.from({ length: 3000 }, () => [0, 1]);
  const lemmas = [0, ...vectors.flatMap((_, at) => [1, 3 * at + 1, 1])];
  const proof = {
    kind: 'lemmas' as const,
    vectors,
    lemmas: [...vectors.flatMap((_, at) => [1, 1, 0, 3 * at + 1]), ...lemmas],
  };
  const component = { variables: all, rows: [0], clauses: [], lowerBound: 1, said: [], proof };
  const pack = { kind: 'tree' as const, tree: [['dual', ...vectors.flat()] as ['dual', ...number[]]] };
  const before = process.memoryUsage.rss();
  for (const one of [proof, pack]) {
    const certificate = bare(
      { variables, rows: [row] },
      { lowerBound: 1, components: [{ ...component, proof: one }] },
    );
    const start = performance.now();
    t.not((await verifyCertificate(certificate, { timeLimit: 3 })).verdict, 'verified-exact');
    t.true(performance.now() - start < 10_000);
  }
  t.true(process.memoryUsage.rss() - before < 600e6, String(process.memoryUsage.rss() - before));
});

const doubled = (name: string, family: string, exact: boolean, answer: ProverAnswer): Prover => ({
  name,
  version: 'double',
  family,
  exact,
  refute: async () => answer,
});

test.serial(
  'a floating-point prover alone confirms nothing, two of one family count once, and an exact one stands alone',
  async (t) => {
    // Two of three cells are needed; three are claimed.
    const problem = { variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 1.5 }] };
    const component = {
      variables: [0, 1, 2],
      rows: [0],
      clauses: [],
      lowerBound: 3,
      said: [{ by: 'libz3' }],
    };
    const certificate = bare(problem, { lowerBound: 3, components: [component] });
    const verdictOf = async (...provers: Prover[]) =>
      (await verifyCertificate(certificate, { provers })).verdict;
    const none: ProverAnswer = { says: 'none' };
    const highs = doubled('highs', 'highs', false, none);
    const silent = doubled('libz3', 'z3', true, { says: 'nothing' });
    t.is(await verdictOf(highs), 'not-checked');
    t.is(await verdictOf(highs, { ...highs, name: 'highs-wasm' }), 'not-checked');
    t.is(await verdictOf(highs, silent), 'not-checked');
    const z3 = doubled('libz3', 'z3', true, none);
    t.is(await verdictOf(z3), 'one-prover');
    t.is(await verdictOf(z3, { ...z3, name: 'z3-wasm' }), 'one-prover');
    t.is(await verdictOf(z3, highs), 'verified-by-two-provers');
    // A point that holds refutes the claim, whatever the other says.
    const truthful = doubled('libz3', 'z3', true, { says: 'point', mask: Uint8Array.of(1, 1, 0) });
    t.is(await verdictOf(highs, truthful), 'refused');
    // One that does not hold is the prover's own fault.
    const wrong = doubled('libz3', 'z3', true, { says: 'point', mask: Uint8Array.of(1, 0, 0) });
    t.is(await verdictOf(highs, wrong), 'not-checked');
  },
);

test.serial('what a certificate says of its own provers changes nothing', async (t) => {
  const certificate = await certifyAll(ring(20, 3), 3);
  const verdict = async (said: { by: string }[], provers: string[]) => {
    const copy = structuredClone({ ...certificate, provers });
    for (const component of copy.components)
      for (const claim of [component, component.core, component.heaviest]) if (claim) claim.said = said;
    const { wallMs: _, ...rest } = await verifyCertificate(copy);
    return rest;
  };
  const plain = await verdict([], []);
  t.is(plain.verdict, 'verified-exact');
  for (const by of ['enumeration', 'rows', 'libz3', 'nobody'])
    t.deepEqual(await verdict([{ by }, { by }], ['libz3 5.4.0']), plain);
  for (const said of [[null], [{ by: 5 }]])
    await t.throwsAsync(verdict(said as never, []), { code: 'BAD_CERTIFICATE' });
});

test.serial('the problem can be given from outside, in either form, and must be the same', async (t) => {
  const problem = ring(20, 3);
  const certificate = await certifyBound(problem);
  const same = await verifyCertificate(certificate, { problem });
  t.is(same.verdict, 'verified-exact');
  t.true(same.problem.compared);
  const csr = {
    variables: problem.variables,
    offsets: Uint32Array.from([0, ...problem.rows.keys()].map((_, at) => 5 * at)),
    columns: Uint32Array.from(problem.rows.flatMap(({ columns }) => Array.from(columns))),
    coefficients: Float64Array.from(problem.rows.flatMap(({ coefficients }) => Array.from(coefficients))),
    lower: Float64Array.from(problem.rows.map(({ lower }) => lower)),
  };
  t.is((await verifyCertificate(certificate, { problem: csr })).verdict, 'verified-exact');
  const other = { ...problem, rows: problem.rows.slice(1) };
  t.is((await verifyCertificate(certificate, { problem: other })).verdict, 'refused');
  await t.throwsAsync(verifyCertificate(certificate, { problem: 3 }), { code: 'BAD_PROBLEM' });
});
