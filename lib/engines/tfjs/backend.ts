import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as util from 'node:util';
import { SmugError } from '../../errors.js';
import type { TensorFlow } from './kernels.js';

export const backendNames = ['wasm', 'node', 'node-gpu'] as const;

/**
 * `wasm`: the package's own, SIMD where the CPU has it. `node`, `node-gpu`: TensorFlow's C library, from
 * `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, where the user has installed it.
 */
export type BackendName = (typeof backendNames)[number];

export interface BackendChoice {
  backend: BackendName;
  /** What to import instead of the package that the choice names. */
  module?: string;
}

export interface LoadedBackend {
  tf: TensorFlow;
  description: string;
}

/** @throws SmugError ENGINE_UNAVAILABLE with the command that mends it. */
export async function loadBackend(choice: BackendChoice): Promise<LoadedBackend> {
  const loaded = choice.backend === 'wasm' ? await loadWasm() : await loadNative(choice);
  // No checks for NaN or profiling around every kernel.
  loaded.tf.env().set('PROD', true);
  return loaded;
}

async function loadWasm(): Promise<LoadedBackend> {
  // Required, not imported: the two packages must share one instance of the core, their CommonJS builds'.
  const require = createRequire(import.meta.url);
  try {
    const tf = require('@tensorflow/tfjs-core');
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    const root = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
    wasm.setWasmPaths(join(root, 'dist', '/'));
    if (!(await tf.setBackend('wasm'))) throw new Error('its WASM module did not start');
    await tf.ready();
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    return { tf, description: `TensorFlow.js ${tf.version_core}, WASM${simd ? ' with SIMD' : ''}` };
  } catch (error) {
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      `The TensorFlow.js WASM back end could not be loaded: ${reasonOf(error)}. ` +
        'Install it again with: npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm',
      { cause: error },
    );
  }
}

async function loadNative({ backend, module }: BackendChoice): Promise<LoadedBackend> {
  const name = module ?? `@tensorflow/tfjs-${backend}`;
  if (module === undefined && !('isNullOrUndefined' in util))
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      `${name} does not run on Node ${process.versions.node}: its last version, 4.22.0, calls functions that Node 23 ` +
        'removed. Use SMUG_TFJS_BACKEND=wasm, or Node 20 or 22.',
    );
  try {
    const namespace = await import(name);
    const tf = namespace.default?.engine === undefined ? namespace : namespace.default;
    await tf.ready();
    const version = tf.version?.['tfjs-node'] ?? tf.version_core ?? '';
    return {
      tf,
      description: `TensorFlow.js ${version}, ${name}, back end '${tf.getBackend()}'`.replace(' ,', ','),
    };
  } catch (error) {
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      `The TensorFlow.js back end '${backend}' needs the package ${name}, which could not be loaded: ` +
        `${reasonOf(error)}. Install it with: npm install ${name}@4.22.0 — or use SMUG_TFJS_BACKEND=wasm.`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  const { message } = error as { message?: string };
  return (message ?? String(error)).split('\n')[0].replace(/\.$/, '');
}
