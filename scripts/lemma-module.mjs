// The search of lemmas as WebAssembly, native/solver/wasm/lemma_search.wasm. Without arguments: copies it into dist/ (part of
// `npm run build`). It lies in the repository, since those who need it have no compiler; `lemma_search.json` beside it says what it was made of.
//
//   --compile   makes it anew, by a pinned clang (Zig's)
//   --check     makes it anew and fails where it differs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { depsFolder, fetchNativeDependencies, lockedDependencies, root } from './native-deps.mjs';

const folder = join(root, 'native', 'solver');
const moduleFile = join(folder, 'wasm', 'lemma_search.wasm');
const recordFile = join(folder, 'wasm', 'lemma_search.json');

/** Names of the sources, in the order in which they are given to the compiler; headers last. */
function sources() {
  const names = readdirSync(folder);
  const compiled = names.filter((name) => /^(lemma_\w+|dense_simplex|integer_problem)\.cc$/.test(name));
  const headers = names.filter((name) => /^(lemma_\w+|dense_simplex|integer_problem)\.h$/.test(name));
  return { compiled: ['wasm/lemma_module.cc', ...compiled.sort()], headers: headers.sort() };
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** What the module was made of: the tests compare it with the sources that lie here. */
export function recordOfSources() {
  const { compiled, headers } = sources();
  const hashes = [...compiled, ...headers].map((name) => [name, digest(readFileSync(join(folder, name)))]);
  return Object.fromEntries(hashes);
}

async function compile(target) {
  await fetchNativeDependencies({ log: (line) => console.error(line), only: ['zig'] });
  const { zig } = await lockedDependencies();
  const cache = mkdtempSync(join(tmpdir(), 'smug-zig-'));
  try {
    const flags =
      '-target wasm32-wasi -mexec-model=reactor -std=c++20 -O3 -s -fno-exceptions -ffp-contract=off -msimd128 -mbulk-memory -I.';
    execFileSync(
      join(depsFolder, 'zig', 'zig'),
      ['c++', ...flags.split(' '), '-o', target, ...sources().compiled],
      {
        cwd: folder,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
      },
    );
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
  return { compiler: zig.wheel, module: digest(readFileSync(target)), sources: recordOfSources() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { compile: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
  });
  if (values.compile) {
    writeFileSync(recordFile, `${JSON.stringify(await compile(moduleFile), null, 2)}\n`);
  } else if (values.check) {
    const scratch = mkdtempSync(join(tmpdir(), 'smug-module-'));
    const { module } = await compile(join(scratch, 'lemma_search.wasm'));
    rmSync(scratch, { recursive: true, force: true });
    if (module !== digest(readFileSync(moduleFile))) {
      console.error(
        'lemma_search.wasm is not what its sources make: node scripts/lemma-module.mjs --compile',
      );
      process.exitCode = 1;
    }
  } else {
    const into = join(root, 'dist', 'solvers', 'bounds');
    mkdirSync(into, { recursive: true });
    copyFileSync(moduleFile, join(into, 'lemma-search.wasm'));
    copyFileSync(join(folder, 'wasm', 'LICENSE.txt'), join(into, 'lemma-search.LICENSE.txt'));
  }
}
