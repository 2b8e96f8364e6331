import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../dist/addon.js';
import { testWith } from '../support/needs.js';

const native = testWith({
  missing: typeof loadAddon()?.trimMemory === 'function' ? null : 'no addon',
  required: false,
});

const script = `
  import { solveMask } from ${JSON.stringify(fileURLToPath(new URL('../../dist/index.js', import.meta.url)))};
  import { loadAddon } from ${JSON.stringify(fileURLToPath(new URL('../../dist/addon.js', import.meta.url)))};
  const addon = loadAddon();
  const trim = addon.trimMemory;
  let trims = 0;
  // Exports of an addon are plain properties.
  addon.trimMemory = () => { trims++; return trim(); };
  const problem = { variables: 2, rows: [{ columns: [0, 1], coefficients: [1, 1], lower: 0.5 }] };
  // Time passes between two trims: the first may come from the beginning.
  const now = performance.now.bind(performance);
  performance.now = () => now() + 60_000;
  for (let at = 0; at < 130; at++) await solveMask(problem, { timeLimit: 0 });
  console.log(trims);
`;

native('after many solutions freed memory goes back to the system, and the process still ends', (t) => {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  t.is(child.status, 0, child.stderr);
  t.is(child.stdout.trim(), '1');
});
