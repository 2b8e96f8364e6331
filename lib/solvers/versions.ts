import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadAddon } from '../addon.js';
import { nativeProvers } from './provers/native-provers.js';

/** What the provers are, for people: `native` is null where the addon has no solver. */
export function solverVersions(): { native: string | null; wasm: string } {
  const addon = loadAddon();
  const native = addon === null ? null : nativeProvers(addon);
  return {
    native: native && `libz3 ${native.z3.version}${native.highs ? `, HiGHS ${native.highs.version}` : ''}`,
    wasm: `z3-solver ${packageVersion('z3-solver')}, HiGHS ${packageVersion('highs')}, WebAssembly`,
  };
}

/** The installed version of a dependency; its package.json need not be among its exports. */
function packageVersion(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (folder !== dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      if (manifest.name === name) return manifest.version;
    } catch {
      // not the package's own folder yet
    }
    folder = dirname(folder);
  }
  return '(version unknown)';
}
