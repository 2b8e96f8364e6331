// The two checkers as processes of their own, each given the same file of certificates.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadAddon } from '../../dist/addon.js';
import type { Need } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Said {
  verdict: string;
  why: string;
}

export interface BothSaid {
  ours: Said[];
  second: Said[];
  /** Most memory of each, in MiB. */
  memory: { ours: number; second: number };
}

/**
 * Python, which runs the second checker. Required in CI wherever the addon was built, which takes Python as well; CI's machine
 * without compilers has neither.
 */
export const secondChecker: Need = {
  missing: await run('python3', ['--version']).then(
    () => null,
    () => 'not run: there is no python3 for the second checker',
  ),
  required: process.env.CI === 'true' && loadAddon() !== null,
};

/** Certificates, one text each, through both checkers. Rejects where one crashes or takes longer than `seconds`. */
export async function checkBoth(texts: readonly string[], seconds: number): Promise<BothSaid> {
  const folder = temporaryFolder('certificates');
  const file = join(folder, 'certificates.jsonl');
  await writeFile(file, texts.map((text) => `${text}\n`).join(''));
  const options = { timeout: seconds * 1000, maxBuffer: 2 ** 30, encoding: 'utf8' } as const;
  const [ours, second] = await Promise.all([
    run(process.execPath, [here('./verify-lines.mjs'), file], options),
    run('python3', ['-c', MEASURED, here('../../scripts/check_certificate.py'), '--lines', file], options),
  ]);
  const [mine, ourMemory] = lines(ours.stdout);
  const [theirs, theirMemory] = lines(second.stdout);
  if (mine.length !== texts.length || theirs.length !== texts.length) throw new Error('a verdict is missing');
  return { ours: mine, second: theirs, memory: { ours: ourMemory, second: theirMemory } };
}

/** Runs the checker named first, then tells the most memory it took. */
const MEASURED = `
import resource, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name='__main__')
except SystemExit:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, 'MiB')
`;

function lines(text: string): [Said[], number] {
  const all = text.trimEnd().split('\n');
  const memory = parseInt(all.pop()!, 10);
  return [
    all.map((line) => {
      const [verdict, why = ''] = line.split('\t');
      return { verdict, why };
    }),
    memory,
  ];
}
