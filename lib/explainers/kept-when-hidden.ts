import { loadAddon, type Addon } from '../addon.js';

/** The addon's side of it, see binding/nodes_binding.cc. */
interface NodesAddon {
  countKept(shown: Float32Array, hidden: Float32Array, gamma: number): Float64Array;
}

/**
 * Of the nodes that are active, those positive in `shown`: the share that has more than `gamma` of it with the input hidden, too; 0 where none
 * is active. The addon takes a tenth of the time of JavaScript.
 * @param addon for tests; null: as where there is none
 */
export function shareKeptWhenHidden(
  shown: Float32Array,
  hidden: Float32Array,
  gamma: number,
  addon: Addon | null = loadAddon(),
): number {
  const [active, kept] =
    typeof addon?.countKept === 'function'
      ? (addon as unknown as NodesAddon).countKept(shown, hidden, gamma)
      : countKept(shown, hidden, gamma);
  return active === 0 ? 0 : kept / active;
}

function countKept(shown: Float32Array, hidden: Float32Array, gamma: number): [active: number, kept: number] {
  let active = 0;
  let kept = 0;
  for (let node = 0; node < hidden.length; node++) {
    if (!(shown[node] > 0)) continue;
    active++;
    if (hidden[node] > gamma * shown[node]) kept++;
  }
  return [active, kept];
}
