import { addonAttempts, loadAddon } from '../addon.js';
import { addonRemedy } from '../addon/remedy.js';
import { environmentChoice } from '../api/options.js';
import { SmugError } from '../errors.js';
import type { SolverName } from './solution.js';
import { nativeProvers } from './provers/native-provers.js';

export type SolverChoice = 'auto' | 'native' | 'wasm';

export interface ChosenSolver {
  name: SolverName;
  /** Why the native one was not taken, when `auto` fell back on WASM. */
  reason?: string;
}

/**
 * The one place that decides which solver runs: the option, else SMUG_SOLVER, else native where the addon loads,
 * else WASM. A forced one that cannot run is an error, never replaced.
 */
export function chooseSolver(option: SolverChoice | undefined): ChosenSolver {
  const wanted = environmentChoice('solver', option);
  if (wanted === 'wasm') return { name: 'z3-wasm' };
  const unavailable = nativeUnavailable();
  if (unavailable === null) return { name: 'libz3' };
  if (wanted === 'native') {
    throw new SmugError(
      'SOLVER_UNAVAILABLE',
      `The native solver was asked for and cannot run: ${unavailable}. ` +
        `${addonRemedy()}, or ask for \`--solver wasm\` (SMUG_SOLVER=wasm).`,
    );
  }
  return { name: 'z3-wasm', reason: unavailable };
}

/** Null when native solving works here, else why not. */
export function nativeUnavailable(): string | null {
  const addon = loadAddon();
  if (addon === null) {
    const reasons = addonAttempts().map(({ path, reason }) => `${path}: ${reason ?? 'not loaded'}`);
    return `the addon was not loaded (${reasons.join('; ')})`;
  }
  return nativeProvers(addon) === null ? 'the addon was built without libz3' : null;
}
