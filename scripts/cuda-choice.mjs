// Whether the addon is built with the CUDA engine: `npm run setup -- --cuda` or SMUG_CUDA=1 say yes, `--no-cuda` or
// SMUG_CUDA=0 no, and the answer holds for later runs of setup, test and prebuild in this checkout.
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './native-deps.mjs';

const note = join(root, '.setup', 'with-cuda');

/** What was chosen before. */
export function cudaChosen() {
  return existsSync(note);
}

/** Reads the command line and the environment; remembers the answer. */
export async function chooseCuda(args = process.argv.slice(2), env = process.env) {
  const unknown = args.find((arg) => arg !== '--cuda' && arg !== '--no-cuda');
  if (unknown !== undefined)
    throw new Error(`unknown option ${unknown}: expected --cuda, --no-cuda or nothing`);
  const yes = args.includes('--cuda') || (args.length === 0 && env.SMUG_CUDA === '1');
  const no = args.includes('--no-cuda') || (args.length === 0 && env.SMUG_CUDA === '0');
  if (yes && no) throw new Error('--cuda and --no-cuda exclude each other');
  if (yes) {
    await mkdir(join(root, '.setup'), { recursive: true });
    await writeFile(note, '');
  }
  if (no) await rm(note, { force: true });
  return cudaChosen();
}

/** Whether the builder has a toolkit of their own; else the pinned one is fetched. */
export function hasOwnToolkit(env = process.env) {
  return Boolean(env.CUDACXX || env.CUDAToolkit_ROOT);
}

/** What cmake-js is told. */
export function cudaFlags(chosen = cudaChosen()) {
  return [`--CDSMUG_WITH_CUDA=${chosen ? 'ON' : 'OFF'}`];
}
