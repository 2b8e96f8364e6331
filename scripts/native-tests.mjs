// Builds the native tests and runs them with ctest; `--sanitize "address;undefined"` builds them under sanitizers
// (`races`: the kernels on the emulated device report every race), `--compiler clang++` with another compiler,
// `--only NAME,NAME` builds and runs just these; `cuda_*` names all that begin so.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './native-deps.mjs';

/** The program of a test; several tests may be parts of one, as in cuda_networks-13-24. */
const programOf = (name) => name.split('-')[0];
const matches = (glob, name) => new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(programOf(name));

/** Names of the tests of a configured folder. */
function testsOf(folder) {
  const listed = spawnSync('ctest', ['--test-dir', folder, '-N'], { encoding: 'utf8' }).stdout;
  return [...listed.matchAll(/Test\s+#\d+: (\S+)/g)].map((match) => match[1]);
}

/** Returns { passed, failed }; a build that fails counts as one failed test. */
export async function nativeTests({ sanitize = '', only = [], compiler = '' } = {}) {
  const variant = [compiler, sanitize.replaceAll(';', '-')].filter(Boolean).join('-') || 'tests';
  const folder = join(root, 'build', `native-${variant}`);
  const run = (command, args, options = {}) =>
    spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  const generator = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  const build = sanitize ? 'RelWithDebInfo' : 'Release';
  const configured = run(
    'cmake',
    [
      '-S',
      '.',
      '-B',
      folder,
      ...generator,
      '-DSMUG_TESTS=ON',
      `-DCMAKE_BUILD_TYPE=${build}`,
      `-DSMUG_SANITIZE=${sanitize}`,
      // Lines of a report need no more; with -O2 and all of -g the compiler takes twice as long. (Emulated kernels keep -O2.)
      ...(sanitize ? ['-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1'] : []),
      // oneDNN's OpenMP is GCC's: another compiler builds everything but the cpu engine.
      ...(compiler ? [`-DCMAKE_CXX_COMPILER=${compiler}`, '-DSMUG_WITH_CPU=OFF'] : []),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (configured.status !== 0) return { passed: 0, failed: 1 };
  const names = only.length ? testsOf(folder).filter((name) => only.some((glob) => matches(glob, name))) : [];
  if (only.length && names.length === 0) {
    console.error(`no native test is called ${only.join(' or ')}; there are ${testsOf(folder).join(', ')}`);
    return { passed: 0, failed: 1 };
  }
  const programs = [...new Set(names.map(programOf))];
  const targets = names.length ? ['--target', ...programs.map((program) => `${program}_test`)] : [];
  if (run('cmake', ['--build', folder, '--parallel', '2', ...targets]).status !== 0)
    return { passed: 0, failed: 1 };
  const chosen = names.length ? ['--tests-regex', `^(${names.join('|')})$`] : [];
  const together = ['--parallel', String(availableParallelism())];
  const tests = spawnSync('ctest', ['--test-dir', folder, '--output-on-failure', ...together, ...chosen], {
    cwd: root,
    encoding: 'utf8',
  });
  process.stdout.write(tests.stdout + tests.stderr);
  const summary = tests.stdout.match(/(\d+) tests? failed out of (\d+)/);
  if (!summary) return { passed: 0, failed: tests.status === 0 ? 0 : 1 };
  const failed = Number(summary[1]);
  return { passed: Number(summary[2]) - failed, failed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { sanitize: { type: 'string' }, only: { type: 'string' }, compiler: { type: 'string' } },
  });
  const result = await nativeTests({
    sanitize: values.sanitize,
    only: values.only?.split(','),
    compiler: values.compiler,
  });
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exitCode = result.failed === 0 ? 0 : 1;
}
