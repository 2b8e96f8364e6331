import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import type { MaskProblem } from '../../dist/masks/problem.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { buildCertificate, type Certificate } from '../../dist/solvers/evidence/certificate.js';
import { verifyCertificate, type Verification } from '../../dist/solvers/evidence/verify-certificate.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { randomProblem, seeded } from '../masks/random-problems.js';

const addon = loadAddon();
const engines = (addon && nativeProvers(addon)) ?? wasmProvers(1);
const backends = [engines.z3, engines.highs!];
test.after.always(() => backends.forEach((backend) => backend.dispose()));

/** The problem with weights, solved with everything claimed, as it would be read from a file. */
async function certify(problem: MaskProblem, seed: number): Promise<Certificate> {
  const random = seeded(seed);
  const weights = Array.from({ length: problem.variables }, () => Math.round(random() * 1e4) / 1e4);
  const csr = await validateProblem({ ...problem, weights });
  const options = { core: true, certificate: true, threads: 1 };
  const solution = await solveMask({ ...problem, weights }, options);
  const certificate = buildCertificate(csr, solution, solution.evidence!);
  return JSON.parse(JSON.stringify(certificate)) as Certificate;
}

/** A ring of rows over neighbours: one component too large to be gone through mask by mask. */
function ring(variables: number, seed: number): MaskProblem {
  const random = seeded(seed);
  return {
    variables,
    rows: Array.from({ length: variables / 2 }, (_, i) => {
      const columns = Array.from({ length: 5 }, (_, k) => (2 * i + k) % variables);
      const coefficients = columns.map(() => 0.2 + random());
      return { columns, coefficients, lower: coefficients.reduce((sum, value) => sum + value) * 0.45 };
    }),
  };
}

const told = ({ failures, reasons }: Verification): string => [...failures, ...reasons].join(' ');

test('core and heaviest mask of random problems are replayed', async (t) => {
  let claimed = 0;
  for (let seed = 0; seed < 120; seed++) {
    const certificate = await certify(randomProblem(seed), seed);
    const verification = await verifyCertificate(certificate, { backends });
    t.is(verification.verdict, 'verified', `seed ${seed}: ${told(verification)}`);
    if (certificate.status !== 'optimal') continue;
    const { every, some, none, open } = verification.core!.claims;
    claimed += every + none;
    t.is(every + some + none, certificate.problem.variables);
    t.is(open, 0);
    t.is(verification.core!.witnesses, certificate.witnesses!.length);
  }
  t.true(claimed > 200);
});

test('claims that rest on an engine are proven again', async (t) => {
  const certificate = await certify(ring(60, 1), 1);
  t.is(certificate.heaviest, 'proven');
  const verification = await verifyCertificate(certificate, { backends, timeLimit: 5 });
  t.is(verification.verdict, 'verified', told(verification));
  const { heaviest, core } = verification;
  t.deepEqual([heaviest!.count, core!.components.count], [1, 1]);
  // Only branch and bound can take weights; the core was Z3's and is proven again by the other one.
  t.is(core!.components.oneEngine, 0);
  t.true(core!.claims.some > 0 && core!.witnesses > 0);
  // Without an engine what counting cannot show stays open, and the answer says so.
  const alone = await verifyCertificate(certificate);
  t.is(alone.verdict, 'partly');
  t.regex(alone.reasons.join(), /no engine/);
});

async function alter(
  t: { is(actual: unknown, expected: unknown, message: string): void },
  certificate: Certificate,
  name: string,
): Promise<number> {
  let altered = 0;
  const refused = async (what: string, change: (copy: Certificate) => void): Promise<void> => {
    const copy = structuredClone(certificate);
    change(copy);
    altered++;
    const { verdict } = await verifyCertificate(copy, { backends, timeLimit: 20 });
    t.is(verdict, 'refused', `${name}: ${what}`);
  };
  for (let variable = 0; variable < certificate.core!.roles.length; variable++) {
    for (const by of [1, 2]) {
      await refused(`role of ${variable}`, ({ core }) => {
        core!.roles[variable] = (core!.roles[variable] + by) % 3;
      });
    }
  }
  for (const [index, witness] of certificate.witnesses!.entries()) {
    await refused(`witness ${index} shortened`, (copy) => copy.witnesses![index].pop());
    await refused(`witness ${index} widened`, (copy) => {
      const other = copy.mask!.findIndex((_, variable) => !witness.includes(variable));
      copy.witnesses![index].push(other < 0 ? witness[0] : other);
    });
  }
  for (const [index, { heaviest }] of certificate.components.entries()) {
    if (!heaviest) continue;
    for (const by of [1, -1]) {
      if (heaviest.cost + by < 0) continue;
      await refused(`cost of ${index}`, (copy) => (copy.components[index].heaviest!.cost += by));
    }
  }
  return altered;
}

test('claims about all smallest masks altered by one are refused', async (t) => {
  let altered = 0;
  for (let seed = 0; seed < 50; seed++) {
    const certificate = await certify(randomProblem(seed, 9), seed);
    if (certificate.status === 'optimal') altered += await alter(t, certificate, `seed ${seed}`);
  }
  altered += await alter(t, await certify(ring(20, 3), 3), 'ring');
  t.true(altered > 300, String(altered));
});

test('a smallest mask that is lighter than another is refused as the heaviest', async (t) => {
  let tried = 0;
  for (let seed = 0; seed < 40; seed++) {
    const certificate = await certify(ring(20, seed), seed);
    const { weights } = certificate.problem;
    const weigh = (mask: number[]) => mask.reduce((sum, one, j) => sum + one * Number(weights![j]), 0);
    for (const witness of certificate.witnesses!) {
      const copy = structuredClone(certificate);
      for (const variable of witness) copy.mask![variable] ^= 1;
      if (weigh(copy.mask!) > weigh(certificate.mask!) - 1e-4) continue;
      tried++;
      // A liar who leaves the costs out: they are computed from the weights whatever the certificate says.
      for (const component of copy.components) delete component.heaviest;
      delete copy.core;
      delete copy.witnesses;
      t.is((await verifyCertificate(copy, { backends })).verdict, 'refused', `seed ${seed}`);
    }
  }
  t.true(tried > 10, String(tried));
});

test('claims about all smallest masks need a proven smallest one', async (t) => {
  const certificate = await certify(ring(20, 5), 5);
  Object.assign(certificate, { status: 'feasible', lowerBound: 0, gap: 1 });
  certificate.components.forEach((component) => (component.lowerBound = 0));
  t.is((await verifyCertificate(certificate, { backends })).verdict, 'refused');
});
