// The oldest x86-64 processor that a file runs on, read from its instructions: those of AVX and later may stand only in
// functions that are chosen when the program runs. Part of `npm run prebuild`.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Copies of a function for newer processors, as GCC (`target_clones`) names them. */
const chosenAtRun = /\.(avx|arch|arch_|fma|bmi)\w*/;

/**
 * Beyond x86-64-v2 (SSE4.2 and POPCNT; 2009): every instruction with a VEX or EVEX prefix, and BMI. `tzcnt` is none of
 * them: compilers write it where an older processor's reading as `bsf` gives the same.
 */
const beyondV2 =
  /^(v(?!er[rw]$)[a-z0-9]+|andn|bextr|bls(i|r|msk)|bzhi|lzcnt|mulx|pdep|pext|rorx|sarx|shlx|shrx|movbe)$/;

/** Functions, or `?` in a stripped file, with instructions of later processors → how many. */
export async function functionsBeyondV2(file) {
  const found = new Map();
  const child = spawn('objdump', ['-d', '--no-show-raw-insn', '-M', 'intel', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  let symbol = '?';
  for await (const line of createInterface({ input: child.stdout })) {
    const start = line.match(/^[0-9a-f]+ <(.*)>:$/);
    if (start) symbol = start[1];
    const instruction = line.match(/^\s+[0-9a-f]+:\s+(\S+)/)?.[1];
    if (instruction && beyondV2.test(instruction) && !chosenAtRun.test(symbol))
      found.set(symbol, (found.get(symbol) ?? 0) + 1);
  }
  if ((await ended) !== 0) throw new Error(`objdump could not read ${file}`);
  return found;
}
