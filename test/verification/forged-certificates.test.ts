// Every kind of claim forged in every way we know: both checkers refuse, and accept the true certificates they are made from.
import test from 'ava';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { checkBoth, secondChecker } from './both-checkers.js';
import { disposeProvers, provers, told } from './certify.js';
import { forgeries, unproven } from './forgeries.js';
import { honest } from './honest.js';
import { testWith } from '../support/needs.js';

const withPython = testWith(secondChecker);

test.after.always(disposeProvers);

async function ourVerdict(certificate: unknown, options = {}): Promise<string> {
  return verifyCertificate(certificate, options).then(
    (verdict) => `${verdict.verdict} ${told(verdict)}`,
    (error: { code?: string }) => (error.code === 'BAD_CERTIFICATE' ? 'refused' : Promise.reject(error)),
  );
}

test('the certificates that forgeries are made from are verified exactly', async (t) => {
  for (const [name, certificate] of Object.entries(honest))
    t.is(await ourVerdict(certificate), 'verified-exact ', name);
});

test('forged certificates are refused, with provers and without', async (t) => {
  t.true(Object.keys(forgeries).length >= 30, String(Object.keys(forgeries).length));
  for (const [name, certificate] of Object.entries(forgeries)) {
    t.regex(await ourVerdict(certificate), /^refused/, name);
    t.regex(await ourVerdict(certificate, { provers }), /^refused/, `${name}, with provers`);
  }
});

test('what is claimed without a proof is not checked, and refused once a prover is asked, whoever it is said to come from', async (t) => {
  for (const [name, certificate] of Object.entries(unproven)) {
    t.regex(await ourVerdict(certificate), /^not-checked/, name);
    t.regex(await ourVerdict(certificate, { provers }), /^refused/, name);
  }
});

withPython('the second checker says the same of all of them', async (t) => {
  const all = Object.entries({ ...honest, ...forgeries, ...unproven });
  const { ours, second } = await checkBoth(
    all.map(([, certificate]) => JSON.stringify(certificate)),
    120,
  );
  all.forEach(([name], at) =>
    t.is(second[at].verdict, ours[at].verdict, `${name}: ${ours[at].why} | ${second[at].why}`),
  );
});
