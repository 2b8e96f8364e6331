// `npm run setup`: everything a fresh clone needs, step by step, each step skipped when it is already done.
//
//   1. npm packages          npm ci
//   2. native dependencies   pinned wheels (scripts/native-deps.mjs)
//   3. the addon             cmake-js, when a compiler, CMake and Python are there
//      and, for the tests (unless --no-tests says that none will run), the CUDA engine on an emulated device
//   4. the library           TypeScript → dist/
//
// A step remembers what it was built from in .setup/NAME; an interrupted step leaves no such note and is
// simply run again. Steps 2 and 3 may fail: the package then runs on WebAssembly, and one line says why.
// SMUG_NATIVE=0 skips them.
//
// `npm run setup -- --cuda` (or SMUG_CUDA=1) builds the addon with the CUDA engine; that needs no GPU. It is
// remembered until `--no-cuda`, and a build that fails is then an error.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { chooseCuda, cudaFlags, hasOwnToolkit } from './cuda-choice.mjs';
import { fetchNativeDependencies, root } from './native-deps.mjs';

const notes = join(root, '.setup');
const addonFile = join(root, 'build', 'Release', 'smug_addon.node');
const say = (line) => process.stderr.write(`setup: ${line}\n`);

/** SHA-256 over the names and contents of files and folders: changes when anything a step reads changes. */
async function fingerprint(...paths) {
  const hash = createHash('sha256').update(process.versions.modules);
  const visit = async (path) => {
    let entries;
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch {
      if (existsSync(path)) hash.update(relative(root, path)).update(await readFile(path));
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      await visit(join(path, entry.name));
  };
  for (const path of paths) await visit(join(root, path));
  return hash.digest('hex');
}

async function step(name, print, present, work) {
  const note = join(notes, name);
  if (present() && (await readFile(note, 'utf8').catch(() => '')) === print) return false;
  await rm(note, { force: true });
  const start = Date.now();
  await work();
  await mkdir(notes, { recursive: true });
  await writeFile(note, print);
  say(`${name} done in ${((Date.now() - start) / 1000).toFixed(0)} s`);
  return true;
}

/** Runs a command with its output in a log; while it runs a line every ten seconds says so. */
async function run(what, command, args, options = {}) {
  await mkdir(notes, { recursive: true });
  const logFile = join(notes, `${what}.log`);
  const log = createWriteStream(logFile);
  const start = Date.now();
  const alive = setInterval(() => say(`${what} … ${Math.round((Date.now() - start) / 1000)} s`), 10_000);
  let tail = '';
  try {
    await new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          log.write(chunk);
          tail = (tail + chunk).slice(-2000);
        });
      }
      child.on('error', reject);
      child.on('close', (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`${command} ended with ${signal ?? `status ${code}`}`)),
      );
    });
  } catch (error) {
    error.message += ` (whole log: ${relative(root, logFile)})\n${tail.trimEnd()}`;
    throw error;
  } finally {
    clearInterval(alive);
    log.end();
  }
}

/** Runs npm, the one that runs this script where one does. */
function npm(what, ...args) {
  const [command, ...before] = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  return run(what, command, [...before, ...args]);
}

function runs(command, args = ['--version']) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Null when the addon can be built, else the reason why not. */
function missingTools() {
  const missing = [];
  const compilers = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean);
  if (!compilers.some((compiler) => runs(compiler))) missing.push('a C++20 compiler (c++, g++ or clang++)');
  if (!runs('cmake')) missing.push('CMake 3.22 or later');
  if (!runs('ninja') && !runs('make')) missing.push('ninja or make');
  if (!runs('python3', ['-m', 'pip', '--version'])) missing.push('Python 3 with pip');
  return missing.length ? `not found: ${missing.join('; ')}` : null;
}

async function packages() {
  await step(
    'packages',
    await fingerprint('package-lock.json'),
    () => existsSync(join(root, 'node_modules', 'typescript')),
    async () => {
      say('installing npm packages');
      await npm('packages', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
    },
  );
}

/** Builds the addon; returns null, or one line that says why there is none. */
async function native(cuda) {
  if (process.env.SMUG_NATIVE === '0') return 'SMUG_NATIVE=0 is set';
  const missing = missingTools();
  if (missing) return existsSync(addonFile) ? null : missing;
  try {
    await fetchNativeDependencies({ log: say, groups: cuda && !hasOwnToolkit() ? ['cuda'] : [] });
  } catch (error) {
    return `the native dependencies could not be fetched: ${error.message.split('\n')[0]}`;
  }
  try {
    await step(
      'addon',
      `${await fingerprint('CMakeLists.txt', 'cmake', 'binding', 'native', 'scripts/native-deps.lock.json')}${cuda ? ' cuda' : ''}`,
      () => existsSync(addonFile),
      async () => {
        say(
          cuda ? 'building the native addon with the CUDA engine: some minutes' : 'building the native addon',
        );
        const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
        const jobs = String(Math.min(availableParallelism(), 8));
        // compile alone would keep the options of the build folder.
        await run('configure', process.execPath, [cmakeJs, 'configure', ...cudaFlags(cuda)]);
        await run('addon', process.execPath, [
          cmakeJs,
          'compile',
          '--target',
          'smug_addon',
          '--parallel',
          jobs,
          ...cudaFlags(cuda),
        ]);
      },
    );
  } catch (error) {
    say(error.message);
    return 'the addon did not build (see above)';
  }
  if (!process.argv.includes('--no-tests')) await emulation(cuda);
  return null;
}

/** The CUDA engine on an emulated device: only tests load it, and only they need it. */
async function emulation(cuda) {
  try {
    await step(
      'emulation',
      await fingerprint('CMakeLists.txt', 'cmake', 'binding', 'native/cuda', 'native/graph'),
      () => existsSync(join(root, 'build', 'emulation', 'smug_cuda_emulation.node')),
      async () => {
        say('building the emulated CUDA engine, for tests');
        const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
        const jobs = String(Math.min(availableParallelism(), 8));
        await run('emulation', process.execPath, [
          cmakeJs,
          'compile',
          '--target',
          'smug_cuda_emulation',
          '--parallel',
          jobs,
          ...cudaFlags(cuda),
        ]);
      },
    );
  } catch (error) {
    say(`${error.message}\nThe emulated CUDA engine did not build; its tests will be skipped.`);
  }
}

async function library() {
  await step(
    'library',
    await fingerprint(
      'lib',
      'web',
      'tsconfig.json',
      'package-lock.json',
      'package.json', // whose `build` says the steps
      'scripts/schemas.mjs',
      'scripts/fonts.mjs',
      'scripts/commonjs.mjs',
    ),
    () =>
      ['dist/index.js', 'dist/schemas', 'dist/fonts', 'dist/web', 'cjs/index.js'].every((name) =>
        existsSync(join(root, name)),
      ),
    async () => {
      say('compiling TypeScript');
      await rm(join(root, 'dist'), { recursive: true, force: true });
      await npm('library', 'run', '--silent', 'build');
    },
  );
}

try {
  const cuda = await chooseCuda(process.argv.slice(2).filter((word) => word !== '--no-tests'));
  await packages();
  const fallback = await native(cuda);
  await library();
  if (cuda && fallback !== null && process.env.SMUG_NATIVE !== '0')
    throw new Error(`the CUDA engine was asked for, but ${fallback}. Without it: npm run setup -- --no-cuda`);
  say(
    fallback === null
      ? `ready (native addon${cuda ? ' with CUDA' : ''})`
      : `ready without the native addon: ${fallback}. Masks are solved by the z3-solver WebAssembly build and networks run on TensorFlow.js (WebAssembly).`,
  );
} catch (error) {
  say(`failed: ${error.message}`);
  process.exitCode = 1;
}
