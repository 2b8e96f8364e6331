import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { buildCertificate, type Certificate } from '../../dist/solvers/evidence/certificate.js';
import { evidenceOf } from '../../dist/solvers/evidence/solution-evidence.js';
import { verifyCertificate } from '../../dist/solvers/evidence/verify-certificate.js';
import type { MaskProblem } from '../../dist/masks/problem.js';
import { randomProblem } from '../masks/random-problems.js';

const addon = loadAddon();
const engines = (addon && nativeProvers(addon)) ?? wasmProvers(1);
const backends = [engines.z3, engines.highs!];
test.after.always(() => backends.forEach((backend) => backend.dispose()));

async function certify(problem: MaskProblem, enumeration = true): Promise<Certificate> {
  const csr = await validateProblem(problem);
  const result = await solvePipeline(csr, {
    seed: 0,
    threads: 1,
    signal: new AbortController().signal,
    provers: async () => engines,
    enumeration,
  });
  const { status, mask, size, lowerBound, report } = result;
  const gap = mask === null ? 1 : size === 0 ? 0 : (size - lowerBound) / size;
  const solution = { status, mask, size, lowerBound, gap, report, backend: 'libz3' as const, wallMs: 0 };
  // Through text and back, as a file would be.
  return JSON.parse(JSON.stringify(buildCertificate(csr, solution, evidenceOf(result)))) as Certificate;
}

test('certificates of random problems are verified, whatever their status', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const certificate = await certify(randomProblem(seed), seed % 3 > 0);
    seen.add(certificate.status);
    const { verdict, failures, reasons } = await verifyCertificate(certificate, { backends });
    t.is(verdict, 'verified', `seed ${seed}, ${certificate.status}: ${[...failures, ...reasons].join(' ')}`);
  }
  t.true(seen.has('optimal') && seen.has('infeasible'), [...seen].join());
});

test('a mask or a bound altered by one is refused', async (t) => {
  let altered = 0;
  for (let seed = 0; seed < 120; seed++) {
    const certificate = await certify(randomProblem(seed));
    if (certificate.status !== 'optimal') continue;
    const refused = async (what: string, change: (copy: Certificate) => void): Promise<void> => {
      const copy = structuredClone(certificate);
      change(copy);
      altered++;
      const { verdict } = await verifyCertificate(copy, { backends });
      t.is(verdict, 'refused', `seed ${seed}: ${what}`);
    };
    await refused('bound + 1', (copy) => copy.lowerBound++);
    if (certificate.lowerBound > 0) await refused('bound − 1', (copy) => copy.lowerBound--);
    await refused('size + 1', (copy) => copy.size++);
    if (certificate.problem.rows.length > 0) {
      await refused(
        'coefficient',
        (copy) => (copy.problem.rows[0].lower = copy.problem.rows[0].lower === 1 ? 2 : 1),
      );
    }
    for (let variable = 0; variable < certificate.mask!.length; variable++) {
      await refused(`mask, variable ${variable}`, (copy) => (copy.mask![variable] ^= 1));
    }
    // A liar who keeps the books straight: one one more in mask, size, bound and a component.
    const free = certificate.mask!.indexOf(0);
    if (free < 0 || certificate.components.length === 0) continue;
    const mask = certificate.mask!.slice();
    mask[free] = 1;
    const straight = (copy: Certificate): void => {
      Object.assign(copy, { mask, size: copy.size + 1, lowerBound: copy.lowerBound + 1 });
      copy.components[0].lowerBound++;
    };
    await refused('mask, size and bounds together', straight);
  }
  t.true(altered > 500);
});

test('forced variables, clauses and counts that do not follow are refused', async (t) => {
  const problem = {
    variables: 3,
    rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 0.5 }],
  };
  const certificate = await certify(problem, false);
  const forced = structuredClone(certificate);
  forced.ones = [0];
  forced.components = [];
  forced.mask = [1, 0, 0];
  t.regex((await verifyCertificate(forced)).failures.join(), /not forced/);
  const clause = structuredClone(certificate);
  clause.components = [
    {
      variables: [0, 1, 2],
      rows: [0],
      lowerBound: 1,
      proofs: [],
      cuts: [{ columns: [0, 1], coefficients: [1, 1], bound: 1 }],
    },
  ];
  clause.ones = [];
  t.regex((await verifyCertificate(clause)).failures.join(), /clause/);
  const twice = structuredClone(certificate);
  twice.components = [clause.components[0], clause.components[0]].map((part) => ({ ...part, cuts: [] }));
  t.regex((await verifyCertificate(twice)).failures.join(), /twice/);
});

test('what is no certificate is an error that says so', async (t) => {
  for (const json of [null, 3, {}, { format: 'smug-certificate', version: 2 }, []]) {
    await t.throwsAsync(verifyCertificate(json), { code: 'BAD_CERTIFICATE' });
  }
});
