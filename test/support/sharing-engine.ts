import type { CompiledNetwork, Engine, PathPoint } from '../../dist/engines/engine.js';

/** What a network under watch was asked for, and what is to happen meanwhile. */
export interface Watch {
  /** Paths of every integrator, in the order in which they were made. */
  batches: number[];
  /** Different paths of every evaluation. */
  rounds: number[];
  /** Before an evaluation; `batch` counts integrators. */
  before?: (batch: number, points: PathPoint[], signal?: AbortSignal) => Promise<void> | void;
  /** Points that fit in memory, all paths of an integrator together. */
  room?: number;
}

/** A network that says that one image does not fill it, under watch. */
export function sharing(
  network: CompiledNetwork,
  pathsThatFill: number | undefined,
  watch: Watch,
): CompiledNetwork {
  return {
    pathsThatFill,
    forward: (...request) => network.forward(...request),
    gradient: (request) => network.gradient(request),
    dispose: () => network.dispose(),
    integrator: async (paths) => {
      const integrator = await network.integrator(paths);
      const batch = watch.batches.push(paths.length) - 1;
      return {
        pointsThatFit:
          watch.room === undefined ? integrator.pointsThatFit : Math.floor(watch.room / paths.length),
        evaluate: async (points, options) => {
          watch.rounds.push(new Set(points.map(({ path }) => path)).size);
          await watch.before?.(batch, points, options?.signal);
          return integrator.evaluate(points, options);
        },
        combine: (path, weights) => integrator.combine(path, weights),
        slopes: integrator.slopes && ((path) => integrator.slopes!(path)),
        dispose: () => integrator.dispose(),
      };
    },
  };
}

/** An engine whose networks are such. */
export function sharingEngine(engine: Engine, pathsThatFill: number | undefined, watch: Watch): Engine {
  return {
    name: engine.name,
    description: engine.description,
    compile: async (graph, options) => sharing(await engine.compile(graph, options), pathsThatFill, watch),
  };
}
