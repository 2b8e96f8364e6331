import test from 'ava';
import type { Certificate } from '../../dist/api/certificate.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { randomProblem } from '../support/random-problems.js';
import { certifyAll as certify, disposeProvers, provers, ring, told } from './certify.js';

test.after.always(disposeProvers);

test('core and heaviest mask of random problems are replayed', async (t) => {
  let claimed = 0;
  for (let seed = 0; seed < 120; seed++) {
    const certificate = await certify(randomProblem(seed), seed);
    const verification = await verifyCertificate(certificate);
    t.is(verification.verdict, 'verified-exact', `seed ${seed}: ${told(verification)}`);
    if (certificate.status !== 'optimal') continue;
    const { every, some, none, open } = verification.core!;
    claimed += every + none;
    t.is(every + some + none, certificate.problem.variables);
    t.is(open, 0);
    t.is(verification.core!.witnesses, certificate.witnesses!.length);
  }
  t.true(claimed > 200);
});

test('claims that spell out no proof rest on provers, and the verdict says on how many', async (t) => {
  const certificate = await certify(ring(60, 1), 1);
  t.is(certificate.heaviest, 'proven');
  for (const component of certificate.components)
    for (const claim of [component, component.core!, component.heaviest!]) delete claim.proof;
  const asked = await verifyCertificate(certificate, { provers, timeLimit: 60 });
  t.is(asked.bound!.verdict, 'verified-by-two-provers', told(asked));
  t.is(asked.core!.verdict, 'verified-by-two-provers', told(asked));
  t.true(asked.core!.some > 0 && asked.core!.witnesses > 0);
  // Z3 is soon lost with weights: then there is only branch and bound, which computes in floating point.
  const floating = await verifyCertificate(certificate, { provers: provers.filter(({ exact }) => !exact) });
  t.is(floating.heaviest!.verdict, 'not-checked');
  t.regex(floating.reasons.join(), /floating point/);
  t.is(floating.verdict, 'not-checked');
  const exact = provers.filter((prover) => prover.exact);
  t.is((await verifyCertificate(certificate, { provers: exact })).bound!.verdict, 'one-prover');
  const alone = await verifyCertificate(certificate);
  t.is(alone.verdict, 'not-checked');
  t.regex(alone.reasons.join(), /no prover/);
});

test('every claim tells component by component how far it is', async (t) => {
  const [one, two] = [ring(20, 1), ring(30, 2)];
  const shifted = two.rows.map((row) => ({
    ...row,
    columns: Array.from(row.columns, (column) => column + 20),
  }));
  const certificate = await certify({ variables: 50, rows: [...one.rows, ...shifted] }, 1);
  t.is(certificate.components.length, 2);
  const steps: string[] = [];
  await verifyCertificate(certificate, {
    provers,
    onProgress: ({ stage, done, of }) => steps.push(`${stage} ${done}/${of}`),
  });
  t.deepEqual(
    steps,
    ['bound', 'heaviest', 'core'].flatMap((stage) => [`${stage} 0/2`, `${stage} 1/2`]),
  );
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
    // A list that names a variable twice is not even a certificate.
    const verdict = await verifyCertificate(copy, { provers, timeLimit: 20 }).catch(
      (error: { code: string }) => ({ verdict: error.code === 'BAD_CERTIFICATE' ? 'refused' : error }),
    );
    t.is(verdict.verdict, 'refused', `${name}: ${what}`);
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
      t.is((await verifyCertificate(copy)).verdict, 'refused', `seed ${seed}`);
    }
  }
  t.true(tried > 10, String(tried));
});

test('claims about all smallest masks need a proven smallest one', async (t) => {
  const certificate = await certify(ring(20, 5), 5);
  Object.assign(certificate, { status: 'feasible', lowerBound: 0, gap: 1 });
  certificate.components.forEach((component) => (component.lowerBound = 0));
  t.is((await verifyCertificate(certificate)).verdict, 'refused');
});
