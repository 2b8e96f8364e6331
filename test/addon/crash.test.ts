// A binary that brings down the process that loads it: found out in a child, once, and left alone from then on.
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { testWith } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = spawnSync('c++', ['--version']).status === 0;

/** A copy of the package, linked but for its own files, whose only addon is the file that `make` writes. */
async function packageWith(t: ExecutionContext, make: (path: string) => Promise<void>) {
  const folder = temporaryFolder('addon', t);
  for (const name of ['node_modules', 'models', 'package.json'])
    await symlink(join(root, name), join(folder, name));
  await run('cp', ['-rL', join(root, 'dist'), folder]);
  await mkdir(join(folder, 'build', 'Release'), { recursive: true });
  const addon = join(folder, 'build', 'Release', 'smug_addon.node');
  await make(addon);
  const { SMUG_NATIVE: _, SMUG_ADDON: __, ...inherited } = process.env;
  const env = { ...inherited, XDG_CACHE_HOME: join(folder, 'cache') };
  const smug = async (words: string[], more: NodeJS.ProcessEnv = {}) =>
    (await run(process.execPath, [join(folder, 'dist', 'cli.js'), ...words], { env: { ...env, ...more } }))
      .stdout;
  return { folder, addon, smug };
}

async function solvesOnWasm(smug: (words: string[]) => Promise<string>, folder: string) {
  const problem = join(folder, 'problem.json');
  const rows = [{ columns: [0, 1, 2], coefficients: [1, 2, 3], lower: 2.5 }];
  await writeFile(problem, JSON.stringify({ variables: 3, rows }));
  return JSON.parse(await smug(['solve', problem, '--json'])) as { size: number; backend: string };
}

async function aborting(path: string) {
  const source = `${path}.cc`;
  await writeFile(
    source,
    `#include <unistd.h>
     #include <cstdlib>
     __attribute__((constructor)) static void load() { if (write(2, "no such processor\\n", 18)) std::abort(); }`,
  );
  await run('c++', ['-shared', '-fPIC', '-o', path, source]);
}

testWith({ missing: compiler ? null : 'no compiler here', required: false })(
  'a binary that aborts while loading leaves the process alive',
  async (t) => {
    const { folder, addon, smug } = await packageWith(t, aborting);
    for (const when of ['first', 'again']) {
      const found = JSON.parse(await smug(['doctor', '--json']));
      const attempt = found.addon.attempts.find(({ path }: { path: string }) => path.endsWith(addon));
      t.is(attempt.outcome, 'crashed', when);
      t.regex(attempt.reason, /child process by SIGABRT \(no such processor\)/);
      t.is(/found out before/.test(attempt.reason), when === 'again');
      t.is(found.solver, 'z3-wasm');
    }
    const notes = await readdir(join(folder, 'cache', 'smug-explain'));
    t.is(notes.length, 1, 'one file, one note');
    t.like(await solvesOnWasm(smug, folder), { size: 1, backend: 'z3-wasm' });
    // Forced, it is an error and not a substitute.
    const forced = (await t.throwsAsync(smug(['doctor'], { SMUG_ADDON: addon }))) as unknown as {
      code: number;
      stderr: string;
    };
    t.is(forced.code, 2);
    t.regex(forced.stderr, /SMUG_ADDON must be an addon that can be loaded.*SIGABRT/);
  },
);

test('a corrupt binary is passed over, and doctor says why', async (t) => {
  const { folder, addon, smug } = await packageWith(t, (path) => writeFile(path, 'not a shared library'));
  const found = JSON.parse(await smug(['doctor', '--json']));
  const attempt = found.addon.attempts.find(({ path }: { path: string }) => path.endsWith(addon));
  t.is(attempt.outcome, 'failed');
  t.regex(attempt.reason, /too short|invalid ELF|not valid|not a mach-o/i);
  t.is(found.solver, 'z3-wasm');
  t.like(await solvesOnWasm(smug, folder), { size: 1, backend: 'z3-wasm' });
});

test('a package of the platform that is of another version is not loaded', async (t) => {
  const name = `smug-explain-${process.platform}-${process.arch}`;
  const { folder, addon, smug } = await packageWith(t, async () => {});
  await rm(join(folder, 'node_modules'));
  await mkdir(join(folder, 'node_modules', name), { recursive: true });
  for (const entry of await readdir(join(root, 'node_modules')))
    if (entry !== name) await symlink(join(root, 'node_modules', entry), join(folder, 'node_modules', entry));
  await writeFile(join(folder, 'node_modules', name, 'package.json'), '{ "version": "0.0.1" }');
  const found = JSON.parse(await smug(['doctor', '--json']));
  t.deepEqual(
    found.addon.attempts.map(({ outcome }: { outcome: string }) => outcome),
    ['absent', 'absent', 'absent'],
  );
  t.is(found.addon.attempts[0].path, addon);
  t.is(found.addon.attempts[1].path, name);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  t.is(found.addon.attempts[1].reason, `it is version 0.0.1, and smug-explain is version ${version}`);
});
