import type { Graph } from '../graph/graph.js';
import { handBackMemory } from '../addon/memory.js';
import { numberedGraph } from './native-graph.js';
import { inSmugTerms } from './native-failure.js';
import type { NativeOptions, NativePart, NetworkHandle } from './native-part.js';

interface Compiled {
  handle: NetworkHandle;
  /** The number of a value; undefined for a name the graph does not have. */
  numberOf: ReadonlyMap<string, number>;
}

/** Bytes. */
const WORTH_COLLECTING = 2 ** 24;

/** Arrays on memory of the addon. */
const shared = new WeakSet<Float32Array>();

/** Compiles a graph with the addon; its large weights then lie in memory once, also if it is compiled again. */
export async function compileNative(
  part: NativePart,
  graph: Graph,
  options: NativeOptions,
): Promise<Compiled> {
  const copied = [...graph.constants.values()].filter(({ data }) => !shared.has(data));
  const heavy = copied.reduce((bytes, { data }) => bytes + data.byteLength, 0) >= WORTH_COLLECTING;
  // Before: what reading and simplifying the model left. After: the arrays that were replaced.
  if (heavy) await handBackMemory();
  const compiled = compileAndShare(part, graph, options);
  if (heavy) await handBackMemory();
  return compiled;
}

/**
 * The arrays of the graph's tensors become the engine's own, with the same numbers: graphs that share the tensors share
 * the memory, and what the loader read can go. A function of its own, so that nothing here holds the old arrays after it.
 */
function compileAndShare(part: NativePart, graph: Graph, options: NativeOptions): Compiled {
  const { native, numberOf } = numberedGraph(graph);
  const handle = inSmugTerms(() => part.compile(native, options));
  const own = part.constants(handle);
  for (const [name, tensor] of graph.constants) {
    const data = own[numberOf.get(name)!];
    if (data === undefined) continue;
    shared.add(data);
    tensor.data = data;
  }
  return { handle, numberOf };
}
