import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { addonAttempts, loadAddon, type AddonAttempt } from './addon.js';
import { chooseEngine, probeEngines } from './engines/choose-engine.js';
import type { EngineName } from './engines/engine.js';
import type { SolverName } from './solvers/solution.js';
import { chooseSolver, nativeUnavailable } from './solvers/choose-solver.js';
import { solverVersions } from './solvers/versions.js';

/** One engine or solver: what it is, or why it cannot run. */
export interface Capability<Name> {
  name: Name;
  available: boolean;
  /** Versions, instruction set, threads, precisions; or the reason, in one line. */
  detail: string;
}

/** What runs where on this machine, and why not. */
export interface Capabilities {
  version: string;
  node: string;
  platform: string;
  cores: number;
  addon: { loaded: boolean; attempts: readonly AddonAttempt[] };
  engines: Capability<EngineName>[];
  /** The engine that `auto` takes; null when none can run, or a forced one cannot. */
  engine: EngineName | null;
  solvers: Capability<SolverName>[];
  solver: SolverName | null;
}

/** Looks at the addon, every engine and both solvers. Never throws for a part that cannot run. */
export async function capabilities(): Promise<Capabilities> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const addon = loadAddon();
  const engines = await probeEngines();
  const missing = nativeUnavailable();
  const versions = solverVersions();
  return {
    version: manifest.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    addon: { loaded: addon !== null, attempts: addonAttempts() },
    engines: engines.map(({ engine, outcome, detail }) => ({
      name: engine,
      available: outcome === 'available',
      detail,
    })),
    engine: await chooseEngine(undefined).then(
      ({ engine }) => engine.name,
      () => null,
    ),
    solvers: [
      { name: 'libz3', available: missing === null, detail: missing ?? versions.native ?? 'native addon' },
      { name: 'z3-wasm', available: true, detail: versions.wasm },
    ],
    solver: chosenSolver(),
  };
}

function chosenSolver(): SolverName | null {
  try {
    return chooseSolver(undefined).name;
  } catch {
    return null;
  }
}
