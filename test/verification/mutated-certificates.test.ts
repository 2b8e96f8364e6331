// Certificates come from files: whatever is in them, both checkers end in the same verdict, and nothing false is verified.
import test from 'ava';
import type { Certificate } from '../../dist/api/certificate.js';
import { randomProblem, seeded } from '../masks/random-problems.js';
import { structuredProblem } from '../masks/structured-problems.js';
import { checkBoth, pythonMissing } from './both-checkers.js';
import { certifyAll, certifyBound, disposeProvers } from './certify.js';
import { mutate } from './mutations.js';
import { falsehoodOf } from './truth.js';

test.after.always(disposeProvers);

const count = process.env.SMUG_FUZZ === 'full' ? 10_000 : 1_000;
const MEMORY_MIB = 1024;

/** Certificates of every status and every kind of proof, of problems small enough to know the truth. */
async function originals(): Promise<string[]> {
  const texts: string[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const problem = seed % 4 ? randomProblem(seed, 9) : structuredProblem(seed, 9);
    const certificate = await (seed % 3 ? certifyAll(problem, seed) : certifyBound(problem));
    texts.push(JSON.stringify(certificate));
  }
  return texts;
}

test('mutated certificates: both checkers say the same, none accepts what is false', async (t) => {
  t.timeout(600_000);
  const missing = await pythonMissing();
  if (missing !== null) {
    t.log(missing);
    t.pass();
    return;
  }
  const base = await originals();
  const random = seeded(77);
  const mutated = Array.from({ length: count }, (_, at) => mutate(base[at % base.length], random));
  const said = await checkBoth([...base, ...mutated.map(({ text }) => text)], 500);
  const seen: Record<string, number> = {};
  [...base.map((text) => ({ text, path: 'none' })), ...mutated].forEach(({ text, path }, at) => {
    const [ours, second] = [said.ours[at], said.second[at]];
    seen[ours.verdict] = (seen[ours.verdict] ?? 0) + 1;
    if (path === 'none') t.is(ours.verdict, 'verified-exact', `${at}: ${ours.why}`);
    // How a search goes is each checker's own matter; see docs/certificate.md.
    const searched = text.includes('"search"') && ours.verdict !== 'verified-exact';
    if (!searched) t.is(second.verdict, ours.verdict, `${at}, ${path}: ${ours.why} | ${second.why}`);
    if (ours.verdict !== 'verified-exact' && second.verdict !== 'verified-exact') return;
    t.is(falsehoodOf(JSON.parse(text) as Certificate), null, `${at}, ${path}`);
  });
  t.true(seen.refused > count / 2 && seen['verified-exact'] > base.length, JSON.stringify(seen));
  t.true(Math.max(said.memory.ours, said.memory.second) < MEMORY_MIB, JSON.stringify(said.memory));
  t.log(JSON.stringify({ ...seen, ...said.memory }));
});
