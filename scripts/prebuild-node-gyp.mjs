#!/usr/bin/env node
// Stands in for node-gyp under prebuildify: takes node-gyp's command line, runs cmake-js.
// The addon uses Node-API only, so the target version and headers that prebuildify names do not matter.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cudaFlags } from './cuda-choice.mjs';
import { root } from './native-deps.mjs';

const command = process.argv[2];
if (command !== 'rebuild' && command !== 'build') {
  console.error(`prebuild-node-gyp: expected rebuild or build, got ${command}`);
  process.exit(2);
}
const debug = process.argv.includes('--debug') ? ['--debug'] : [];
const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
const { status } = spawnSync(
  process.execPath,
  [cmakeJs, 'compile', '--target', 'smug_addon', ...debug, ...cudaFlags()],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
