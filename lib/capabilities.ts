import { availableParallelism } from 'node:os';
import { addonAttempts, loadAddon } from './addon.js';
import { ownVersion } from './addon/places.js';
import type { Capabilities } from './api/doctor.js';
import { settingsFor, type Options } from './api/options.js';
import { chooseEngine, probeEngines } from './engines/choose-engine.js';
import { chooseSolver, nativeUnavailable } from './solvers/choose-solver.js';
import { solverVersions } from './solvers/versions.js';

export { ownVersion as packageVersion } from './addon/places.js';
export type { Capabilities } from './api/doctor.js';

/** Options of `capabilities`: those of `loadModel` and `solveMask` that decide what runs. */
export type CapabilityOptions = Options<'capabilities'>;

/**
 * Looks at the addon, every engine and both solvers, and says which of them a call with the same options would take, and
 * why. Never throws for a part that cannot run.
 * @throws TypeError / RangeError that names an option or an environment variable
 */
export async function capabilities(options: CapabilityOptions = {}): Promise<Capabilities> {
  const { engine, solver, threads, memoryBudget, precision } = settingsFor(['capabilities'], options);
  const settings = { threads, memoryBudget, precision };
  const addon = loadAddon();
  const engines = await probeEngines(settings);
  const missing = nativeUnavailable();
  const versions = solverVersions();
  let why = '';
  const chosenEngine = await outcomeOf(async () => {
    const chosen = await chooseEngine(engine, settings);
    why = `engine ${chosen.reason}`;
    return chosen.engine.name;
  });
  const chosenSolver = await outcomeOf(async () => chooseSolver(solver).name);
  return {
    version: ownVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    addon: { loaded: addon !== null, attempts: [...addonAttempts()] },
    engines: engines.map(({ engine, outcome, detail }) => ({
      name: engine,
      available: outcome === 'available',
      detail,
    })),
    engine: chosenEngine.name,
    solvers: [
      { name: 'libz3', available: missing === null, detail: missing ?? versions.native ?? 'native addon' },
      { name: 'z3-wasm', available: true, detail: versions.wasm },
    ],
    solver: chosenSolver.name,
    reasons: [chosenEngine.failure ?? why, chosenSolver.failure ?? whySolver(solver, missing)],
  };
}

/** What was chosen, or why what was asked for cannot run. */
async function outcomeOf<Name>(
  choose: () => Promise<Name>,
): Promise<{ name: Name | null; failure?: string }> {
  try {
    return { name: await choose() };
  } catch (error) {
    return { name: null, failure: (error as Error).message.split('\n')[0] };
  }
}

function whySolver(asked: string | undefined, missing: string | null): string {
  if (asked !== undefined && asked !== 'auto') return `solver ${asked}: asked for`;
  return missing === null ? 'solver native: the addon has libz3' : `solver wasm: ${missing}`;
}
