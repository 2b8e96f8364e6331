import { environmentChoice, type Options } from '../api/options.js';
import { argumentFault, SmugError } from '../errors.js';
import { createCpuEngine } from './cpu/engine.js';
import { createCudaEngine } from './cuda/engine.js';
import type { Graph } from '../graph/graph.js';
import type { Engine, EngineName } from './engine.js';
import { replaceable } from './replaceable-engine.js';
import { referenceEngine } from './reference/engine.js';
import { createTfjsEngine } from './tfjs/engine.js';

export type EngineRequest = 'auto' | EngineName;

/** `threads`, `memoryBudget` and `precision`, as `lib/api/options.ts` declares them. */
export type EngineSettings = Pick<Options<'load'>, 'threads' | 'memoryBudget' | 'precision'>;

/** One engine that was tried, and why it was not taken. */
export interface EngineAttempt {
  engine: EngineName;
  outcome: 'available' | 'unavailable';
  /** What runs, or why it does not and what would mend it; one line. */
  detail: string;
}

export interface ChosenEngine {
  engine: Engine;
  attempts: EngineAttempt[];
  /** Why this one, in one line: "cpu: the fastest that can run here; cuda: …". */
  reason: string;
}

/** Stands for a network that is not known yet. */
const nothing: Graph = { inputs: [], outputs: [], nodes: [], constants: new Map(), shapes: new Map() };

/** Fastest first; the reference engine is an oracle and runs only when asked for. */
const automatic: readonly EngineName[] = ['cuda', 'cpu', 'tfjs'];

const factories: Record<EngineName, (settings: EngineSettings) => Engine | Promise<Engine>> = {
  // A threads option is for processors; it says nothing of a device.
  cuda: ({ memoryBudget }) => createCudaEngine({ memoryBudget }),
  cpu: ({ threads, memoryBudget }) => createCpuEngine({ threads, memoryBudget }),
  tfjs: ({ threads }) => createTfjsEngine({ threads }),
  reference: () => referenceEngine,
};

/**
 * The one place that decides which engine runs: forced by the option or by SMUG_ENGINE, else the first of cuda, cpu
 * and tfjs that is there, has the precision asked for and, where the graph is known, says that it can run it. A forced
 * engine that cannot run is an error, never replaced.
 *
 * @throws SmugError ENGINE_UNAVAILABLE with the commands that mend it; RangeError that names the option or the variable,
 *   or a precision that the forced engine lacks
 */
export async function chooseEngine(
  requested: EngineRequest | undefined,
  settings: EngineSettings = {},
  graph: Graph = nothing,
): Promise<ChosenEngine> {
  const wanted = environmentChoice('engine', requested);
  if (wanted !== 'auto') {
    const engine = await factories[wanted](settings);
    const missing = engine.supports?.(nothing, settings) ?? null;
    if (missing !== null)
      throw argumentFault(`The ${wanted} engine was asked for and cannot run like that: ${missing}.`);
    const attempts: EngineAttempt[] = [{ engine: wanted, outcome: 'available', detail: engine.description }];
    return { engine, attempts, reason: `${wanted}: asked for` };
  }
  const attempts: EngineAttempt[] = [];
  for (const name of automatic) {
    try {
      const found = await factories[name](settings);
      const missing = found.supports?.(graph, settings) ?? null;
      if (missing !== null) {
        attempts.push({ engine: name, outcome: 'unavailable', detail: missing });
        continue;
      }
      const passed = attempts.map(({ engine, detail }) => `; ${engine}: ${detail}`).join('');
      attempts.push({ engine: name, outcome: 'available', detail: found.description });
      // A lost device stays lost for the process: the next choice falls on another engine.
      const next = async () => (await chooseEngine('auto', settings, graph)).engine;
      return {
        engine: name === 'cuda' ? replaceable(found, next) : found,
        attempts,
        reason: `${name}: the fastest that can run${graph === nothing ? '' : ' this network'} here${passed}`,
      };
    } catch (error) {
      if (!(error instanceof SmugError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
      attempts.push({ engine: name, outcome: 'unavailable', detail: error.message.split('\n')[0] });
    }
  }
  throw new SmugError(
    'ENGINE_UNAVAILABLE',
    `No engine can run${graph === nothing ? '' : ' this network'} here:\n${attempts.map(({ engine, detail }) => `  ${engine}: ${detail}`).join('\n')}`,
  );
}

/** Every engine in the order of choice, with what it is or why it cannot run; for `smug doctor`. */
export async function probeEngines(settings: EngineSettings = {}): Promise<EngineAttempt[]> {
  const attempts: EngineAttempt[] = [];
  for (const name of [...automatic, 'reference'] as const) {
    try {
      const { description } = await factories[name](settings);
      attempts.push({ engine: name, outcome: 'available', detail: description });
    } catch (error) {
      attempts.push({
        engine: name,
        outcome: 'unavailable',
        detail: (error as Error).message.split('\n')[0],
      });
    }
  }
  return attempts;
}
