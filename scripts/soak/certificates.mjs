// `npm run soak -- certificates [--count N] [--first SEED]`: certificates with one thing changed, in batches of 1,000 of
// other problems each, through `smug verify` and scripts/check_certificate.py, which must say the same; what they accept is
// compared with the truth by brute force. Needs python3.
import { disposeProvers } from '../../test/verification/certify.ts';
import { compareMutated } from '../../test/verification/compare-mutated.ts';
import { line, soakOptions } from './options.mjs';

const BATCH = 1000;
const SECONDS = 600;
const MEMORY_MIB = 1024;

export default async function soak(args) {
  const { count, first } = soakOptions(args, { count: 10_000, first: 1000 });
  const totals = { mutations: 0, faults: 0, memoryMib: 0 };
  for (let done = 0; done < count; done += BATCH) {
    const batch = Math.min(BATCH, count - done);
    const { seen, faults, memory } = await compareMutated(batch, first + (40 * done) / BATCH, SECONDS);
    totals.mutations += batch;
    totals.faults += faults.length;
    totals.memoryMib = Math.max(totals.memoryMib, memory.ours, memory.second);
    for (const [verdict, times] of Object.entries(seen)) totals[verdict] = (totals[verdict] ?? 0) + times;
    for (const fault of faults) console.log(`WRONG ${fault}`);
    console.error(line(totals));
  }
  console.log(line(totals));
  disposeProvers();
  return totals.faults === 0 && totals.memoryMib < MEMORY_MIB;
}
