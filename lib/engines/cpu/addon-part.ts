import { addonAttempts, loadAddon } from '../../addon.js';
import { addonPartRemedy, addonRemedy } from '../../addon/remedy.js';
import { SmugError } from '../../errors.js';
import {
  nativePart,
  type IntegratorHandle,
  type NativePart,
  type NetworkHandle,
  type RunRequest,
} from '../native-part.js';

/** What binding/cpu_binding.cc offers beyond what every native engine does. */
export interface CpuPart extends NativePart {
  information(): {
    version: string;
    instructionSet: string;
    threads: number;
    precisions: ('f32' | 'bf16')[];
  };
  /** Bare convolution times of all layers for `samples` samples, the best of `repeats`; cpuMs sums over threads. */
  floor(
    network: NetworkHandle,
    samples: number,
    repeats: number,
  ): Promise<{ forwardMs: number; backwardMs: number; cpuMs: number }>;
  /** Of a request to a network, or of one point of an integrator's first path. */
  profile(network: NetworkHandle, request: RunRequest, repeats: number): Promise<Record<string, number>>;
  profile(integrator: IntegratorHandle, request: undefined, repeats: number): Promise<Record<string, number>>;
}

/**
 * The addon's cpu part.
 *
 * @throws SmugError ENGINE_UNAVAILABLE when there is no addon, or one that was built without oneDNN, with the
 *   reasons and the commands that mend it.
 */
export function cpuAddon(): CpuPart {
  const addon = loadAddon();
  if (addon === null) {
    const tried = addonAttempts().map(({ path, reason }) => `  ${path}: ${reason}`);
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      'The cpu engine needs the native addon, and none could be loaded:\n' +
        `${tried.join('\n')}\n${addonRemedy()}, or use --engine tfjs.`,
    );
  }
  const part = nativePart<CpuPart>(addon, 'cpu');
  if (part === null) {
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      'The native addon was built without the cpu engine, because oneDNN was not found. ' +
        `${addonPartRemedy()}, or use --engine tfjs.`,
    );
  }
  return part;
}
