// Certificates come from files: whatever is in them, both checkers end in the same verdict, and nothing false is verified.
import test from 'ava';
import { secondChecker } from './both-checkers.js';
import { disposeProvers } from './certify.js';
import { testWith } from '../support/needs.js';
import { compareMutated } from './compare-mutated.js';

const withPython = testWith(secondChecker);

test.after.always(disposeProvers);

const count = process.env.SMUG_FUZZ === 'full' ? 10_000 : 1_000;
const MEMORY_MIB = 1024;

withPython('mutated certificates: both checkers say the same, none accepts what is false', async (t) => {
  t.timeout(600_000);
  const { seen, faults, memory } = await compareMutated(count, 0, 500);
  t.deepEqual(faults.slice(0, 5), []);
  t.true(seen.refused > count / 2 && seen['verified-exact'] > count / 50, JSON.stringify(seen));
  t.true(Math.max(memory.ours, memory.second) < MEMORY_MIB, JSON.stringify(memory));
  t.log(JSON.stringify({ ...seen, ...memory }));
});
