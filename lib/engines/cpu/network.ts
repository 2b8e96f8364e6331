import type { GradientRequest, IntegrationPath } from '../engine.js';
import { NativeIntegrator, NativeNetwork } from '../native-network.js';
import type { CpuPart } from './addon-part.js';

/** A graph compiled for oneDNN; it can be profiled. */
export class CpuNetwork extends NativeNetwork<CpuPart> {
  override async integrator(paths: IntegrationPath[]): Promise<CpuIntegrator> {
    const { native, fitting } = await this.startPaths(paths);
    return new CpuIntegrator(this.addon, native, paths.length, fitting);
  }

  /** Milliseconds by kind of step, for one micro-batch of a gradient on one thread. */
  profile(request: GradientRequest, repeats: number): Promise<Record<string, number>> {
    return this.addon.profile(this.alive(), this.gradientRequest(request), repeats);
  }

  /** The bare oneDNN time of all convolutions, forward and backward, for benchmarks: see native/cpu/floor.h. */
  convolutionFloor(
    samples: number,
    repeats: number,
  ): Promise<{ forwardMs: number; backwardMs: number; cpuMs: number }> {
    return this.addon.floor(this.alive(), samples, repeats);
  }
}

export class CpuIntegrator extends NativeIntegrator<CpuPart> {
  /** Milliseconds by kind of step, for one point of the first path on one thread. */
  profile(repeats: number): Promise<Record<string, number>> {
    return this.addon.profile(this.alive(), undefined, repeats);
  }
}
