// Certificates come from files: whatever is in them, verifying ends in a verdict or in an error that says what is wrong,
// and nothing false is verified.
import test from 'ava';
import { SmugError } from '../../dist/errors.js';
import type { Certificate } from '../../dist/api/certificate.js';
import { readCertificate } from '../../dist/verification/read-certificate.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { bruteForce, feasibleMasks, maskNumber } from '../masks/brute-force.js';
import { randomProblem, seeded } from '../masks/random-problems.js';
import { certifyAll } from './certify.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that files should not have at the places where they are put. */
const STRANGE: readonly (Json | undefined)[] = [
  undefined,
  null,
  true,
  '',
  '1',
  -1,
  0,
  0.5,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  5e-324,
  [],
  [[]],
  [0, 0],
  {},
  { length: 1e9 },
];

/** One change somewhere inside: a value replaced, dropped, doubled, or moved a little. */
function mutate(document: Json, random: () => number): string {
  let at = document as Record<string, Json>;
  const path: string[] = [];
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[Math.floor(random() * keys.length)];
    path.push(key);
    const value = at[key];
    const inside = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (inside && random() < 0.9) {
      at = value as Record<string, Json>;
      continue;
    }
    const kind = Math.floor(random() * 4);
    if (typeof value === 'number' && kind < 2) at[key] = value + (kind === 0 ? 1 : -1);
    else if (Array.isArray(value) && kind === 0) at[key] = [...value, ...value];
    else if (Array.isArray(value) && kind === 1) at[key] = value.slice(1);
    else {
      const strange = STRANGE[Math.floor(random() * STRANGE.length)];
      if (strange === undefined) delete at[key];
      else at[key] = structuredClone(strange);
    }
    return path.join('.');
  }
}

/** Whether what a verified certificate claims is true of the problem inside it. */
function isTrue({ problem, status, mask, size, lowerBound }: Certificate): boolean {
  const truth = bruteForce(problem);
  if (status === 'infeasible') return truth.status === 'infeasible';
  if (mask === null) return truth.status === 'infeasible' || lowerBound <= truth.size;
  if (!feasibleMasks(problem)[maskNumber(Uint8Array.from(mask))]) return false;
  const ones = mask.reduce((sum, value) => sum + value, 0);
  return size === ones && lowerBound <= truth.size && (status !== 'optimal' || size === truth.size);
}

test('mutated certificates end in a verdict or a clear error, and nothing false is verified', async (t) => {
  t.timeout(180_000);
  const seen = { refused: 0, 'verified-exact': 0, 'not-checked': 0, unreadable: 0 } as Record<string, number>;
  const mutations = process.env.SMUG_FUZZ === 'full' ? 100 : 20;
  for (let seed = 0; seed < 60; seed++) {
    const text = JSON.stringify(await certifyAll(randomProblem(seed, 9), seed));
    const random = seeded(1000 + seed);
    for (let mutation = 0; mutation < mutations; mutation++) {
      const altered = JSON.parse(text) as Json;
      const path = mutate(altered, random);
      // As it would come from a file: lists without holes.
      const copy: unknown = JSON.parse(JSON.stringify(altered));
      try {
        const certificate = readCertificate(copy);
        const { verdict } = await verifyCertificate(certificate);
        seen[verdict]++;
        if (verdict === 'verified-exact') t.true(isTrue(certificate), `seed ${seed}: ${path}`);
      } catch (error) {
        if (!(error instanceof SmugError)) t.fail(`seed ${seed}: ${path}: ${(error as Error).stack}`);
        seen.unreadable++;
      }
    }
  }
  t.true(seen.refused > 100 && seen.unreadable > 100, JSON.stringify(seen));
  t.log(JSON.stringify(seen));
});
