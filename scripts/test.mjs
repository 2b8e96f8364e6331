// `npm test [-- FILES or ava options]`: types, native tests, then ava; ends with one line of counts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './native-deps.mjs';
import { nativeTests } from './native-tests.mjs';

const args = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };

function heading(text) {
  console.log(`\n── ${text}`);
}

function check(name, status) {
  if (status === 0) counts.passed += 1;
  else counts.failed += 1;
  if (status !== 0) console.log(`${name}: failed`);
}

/** Runs ava with its own reporter and reads the counts from the lines it closes with. */
function ava() {
  return new Promise((resolve) => {
    const cli = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs');
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tail = '';
    let marks = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(line);
      tail = `${tail}\n${line}`.slice(-100_000);
      // The closing lines name only what failed, once something has.
      if (/^\s*✔ /.test(line)) marks += 1;
    });
    child.on('close', (status) => {
      const number = (pattern) => Number(tail.match(pattern)?.[1] ?? 0);
      const passed = marks;
      const failed =
        number(/(\d+) tests? failed/) +
        number(/(\d+) uncaught exceptions?/) +
        number(/(\d+) unhandled rejections?/);
      counts.passed += passed;
      counts.skipped += number(/(\d+) tests? skipped/);
      // A test file that crashed, timed out or held no test fails the run without a count of its own.
      counts.failed += status === 0 ? 0 : Math.max(failed, 1);
      if (status === 0 && passed === 0) counts.failed += 1;
      resolve();
    });
  });
}

if (args.length === 0) {
  heading('types');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  check(
    'types',
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.test.json'], { cwd: root, stdio: 'inherit' }).status,
  );
  if (process.env.SMUG_NATIVE !== '0' && existsSync(join(root, 'build', 'Release', 'smug_addon.node'))) {
    heading('native tests');
    const native = await nativeTests({ sanitize: process.env.SMUG_SANITIZE ?? '' });
    counts.passed += native.passed;
    counts.failed += native.failed;
  } else {
    heading('native tests: not run, there is no native build');
  }
  heading('ava');
}
await ava();
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
