// Builds the native tests and runs them with ctest; `--sanitize "address;undefined"` builds them under sanitizers,
// `--only NAME,NAME` builds and runs just these.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './native-deps.mjs';

/** Returns { passed, failed }; a build that fails counts as one failed test. */
export async function nativeTests({ sanitize = '', only = [] } = {}) {
  const folder = join(root, 'build', sanitize ? `native-${sanitize.replaceAll(';', '-')}` : 'native-tests');
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
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (configured.status !== 0) return { passed: 0, failed: 1 };
  const targets = only.length ? ['--target', ...only.map((name) => `${name}_test`)] : [];
  if (run('cmake', ['--build', folder, '--parallel', '2', ...targets]).status !== 0)
    return { passed: 0, failed: 1 };
  const chosen = only.length ? ['--tests-regex', `^(${only.join('|')})$`] : [];
  const tests = spawnSync('ctest', ['--test-dir', folder, '--output-on-failure', ...chosen], {
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
  const { values } = parseArgs({ options: { sanitize: { type: 'string' }, only: { type: 'string' } } });
  const result = await nativeTests({ sanitize: values.sanitize, only: values.only?.split(',') });
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exitCode = result.failed === 0 ? 0 : 1;
}
