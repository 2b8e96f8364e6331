import test from 'ava';
import type { Certificate } from '../../dist/api/certificate.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { randomProblem } from '../support/random-problems.js';
import { certifyBound, disposeProvers, provers, told } from './certify.js';

test.after.always(disposeProvers);

test('certificates of random problems are verified exactly, whatever their status, without any prover', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const certificate = await certifyBound(randomProblem(seed), seed % 3 > 0);
    seen.add(certificate.status);
    const verdict = await verifyCertificate(certificate);
    t.is(verdict.verdict, 'verified-exact', `seed ${seed}, ${certificate.status}: ${told(verdict)}`);
  }
  t.true(seen.has('optimal') && seen.has('infeasible'), [...seen].join());
});

test('a mask or a bound altered by one is refused', async (t) => {
  let altered = 0;
  for (let seed = 0; seed < 120; seed++) {
    const certificate = await certifyBound(randomProblem(seed));
    if (certificate.status !== 'optimal') continue;
    const refused = async (what: string, change: (copy: Certificate) => void): Promise<void> => {
      const copy = structuredClone(certificate);
      change(copy);
      altered++;
      t.is((await verifyCertificate(copy, { provers })).verdict, 'refused', `seed ${seed}: ${what}`);
    };
    await refused('bound + 1', (copy) => copy.lowerBound++);
    if (certificate.lowerBound > 0) await refused('bound − 1', (copy) => copy.lowerBound--);
    await refused('size + 1', (copy) => copy.size++);
    if (certificate.problem.rows.length > 0) {
      await refused('coefficient', ({ problem: { rows } }) => (rows[0].lower = rows[0].lower === 1 ? 2 : 1));
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
  const problem = { variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 0.5 }] };
  const certificate = await certifyBound(problem, false);
  const failures = async (change: Partial<Certificate>): Promise<string> =>
    (await verifyCertificate({ ...structuredClone(certificate), ...change })).failures.join();
  const step = { variable: 0, value: 1, row: 0 };
  t.regex(await failures({ forced: [step], components: [], mask: [1, 0, 0] }), /does not force/);
  const [component] = certificate.components;
  const clause = { row: 0, columns: [0, 1], values: [0, 0] };
  t.regex(await failures({ components: [{ ...component, clauses: [clause] }] }), /clause/);
  t.regex(await failures({ components: [component, component] }), /twice/);
});

test('a weaker bound than the proofs give is a true claim', async (t) => {
  const problem = { variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 1.5 }] };
  const certificate = await certifyBound(problem);
  const weaker = { ...certificate, status: 'feasible', lowerBound: 1, gap: 0.5 };
  t.is((await verifyCertificate(weaker)).verdict, 'verified-exact');
});

test('what is no certificate is an error that says so', async (t) => {
  for (const json of [null, 3, {}, { format: 'smug-certificate', version: 3 }, []]) {
    await t.throwsAsync(verifyCertificate(json), { code: 'BAD_CERTIFICATE' });
  }
  await t.throwsAsync(verifyCertificate({ format: 'smug-certificate', version: 1 }), {
    message: /older release/,
  });
});
