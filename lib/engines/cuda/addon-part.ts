import { addonAttempts, loadAddon, type Addon } from '../../addon.js';
import { addonPartRemedy } from '../../addon/remedy.js';
import { SmugError } from '../../errors.js';
import { nativePart, type IntegratorHandle, type NativePart, type NetworkHandle } from '../native-part.js';

/** What binding/cuda_binding.cc offers beyond what every native engine does. */
export interface CudaPart extends NativePart {
  information(): {
    available: boolean;
    /** Why not, in one line. */
    reason: string;
    device?: string;
    /** Compute capability, "9.0". */
    capability?: string;
    /** Bytes. */
    memory?: number;
    driver?: string;
  };
  top(
    integrator: IntegratorHandle,
    path: number,
    weights: Float64Array,
    k: number,
  ): Promise<{ indices: Int32Array; scores: Float32Array; sum: number }>;
  /** What the user should be told; empty when there is nothing, or nothing new. */
  notice(network: NetworkHandle): string;
  /** Which kernels layers run on, as this process has found out: for others on the same card (tuned-tiles.ts). */
  choiceCount(): number;
  choices(): string;
  takeChoices(lines: string): void;
  /** How many convolutions and dense layers, forward and gradient, run on which kernel. */
  kernels(network: NetworkHandle): Record<string, number>;
  /** For tests: as if the device had `bytes`; 0 ends it. */
  memoryLimit(bytes: number): void;
}

/**
 * The addon's cuda part, on a machine where it can run.
 *
 * @throws SmugError ENGINE_UNAVAILABLE: no addon, an addon built without CUDA, no driver, no device, a driver that is
 *   too old, a device lost by this process; the first line says which, and what mends it.
 */
export function cudaAddon(addon: Addon | null = loadAddon()): CudaPart {
  if (addon === null) {
    const reasons = addonAttempts().map(({ path, reason }) => `${path}: ${reason}`);
    throw unavailable(`no native addon could be loaded (${reasons.join('; ')})`, addonPartRemedy('--cuda'));
  }
  const part = nativePart<CudaPart>(addon, 'cuda');
  if (part === null) {
    throw unavailable('the native addon was built without it', addonPartRemedy('--cuda'));
  }
  const { available, reason } = part.information();
  if (!available) throw unavailable(reason.replace(/\.$/, ''), 'Mend that');
  return part;
}

function unavailable(reason: string, remedy: string): SmugError {
  return new SmugError(
    'ENGINE_UNAVAILABLE',
    `The cuda engine cannot run: ${reason}. ${remedy}, or use --engine cpu or tfjs.`,
  );
}
