// Mutated certificates through both checkers: what they say must be the same, and nothing false may be accepted.
import type { Certificate } from '../../dist/api/certificate.js';
import { randomProblem } from '../support/random-problems.js';
import { randomNumbers } from '../support/random-numbers.js';
import { structuredProblem } from '../support/structured-problems.js';
import { checkBoth } from './both-checkers.js';
import { certifyAll, certifyBound } from './certify.js';
import { honest } from './honest.js';
import { mutate } from './mutations.js';
import { falsehoodOf } from './truth.js';

export interface Comparison {
  /** Mutated certificates by our verdict. */
  seen: Record<string, number>;
  faults: string[];
  /** Most memory of each checker, in MiB. */
  memory: { ours: number; second: number };
}

/** Certificates of every status and every kind of proof, of problems small enough to know the truth. */
async function originals(first: number): Promise<string[]> {
  const texts = Object.values(honest).map((certificate) => JSON.stringify(certificate));
  for (let seed = first; seed < first + 40; seed++) {
    const problem = seed % 4 ? randomProblem(seed, 9) : structuredProblem(seed, 9);
    const certificate = await (seed % 3 ? certifyAll(problem, seed) : certifyBound(problem));
    texts.push(JSON.stringify(certificate));
  }
  return texts;
}

/** Checks `count` mutations of some fifty certificates, drawn from the seed `first`, and the certificates themselves. */
export async function compareMutated(count: number, first: number, seconds: number): Promise<Comparison> {
  const base = await originals(first);
  const random = randomNumbers(1000 + first);
  const mutated = Array.from({ length: count }, (_, at) => mutate(base[at % base.length], random));
  const said = await checkBoth([...base, ...mutated.map(({ text }) => text)], seconds);
  const result: Comparison = { seen: {}, faults: [], memory: said.memory };
  base.forEach((_, at) => {
    for (const { verdict, why } of [said.ours[at], said.second[at]])
      if (verdict !== 'verified-exact')
        result.faults.push(`certificate ${at} of seed ${first}: ${verdict}: ${why}`);
  });
  mutated.forEach(({ text, path }, at) => {
    const ours = said.ours[base.length + at];
    const second = said.second[base.length + at];
    const name = `mutation ${at} of seed ${first}, ${path}`;
    result.seen[ours.verdict] = (result.seen[ours.verdict] ?? 0) + 1;
    // How a search goes is each checker's own matter; see docs/certificate.md.
    const searched = text.includes('"search"') && ours.verdict !== 'verified-exact';
    if (!searched && second.verdict !== ours.verdict)
      result.faults.push(`${name}: ${ours.verdict} (${ours.why}), but ${second.verdict} (${second.why})`);
    if (ours.verdict !== 'verified-exact' && second.verdict !== 'verified-exact') return;
    const falsehood = falsehoodOf(JSON.parse(text) as Certificate);
    if (falsehood !== null) result.faults.push(`${name}: accepted, but ${falsehood}`);
  });
  return result;
}
