// The Python environment of the benchmarks' rivals, made on first use in .bench-env (ignored by git).
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.bench-env');

/** Path of a Python that has the packages, given as pip requirements; installs what is missing. */
export async function pythonWith(packages, log = () => {}) {
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    log('making .bench-env');
    await run('python3', ['-m', 'venv', folder]);
  }
  const installed = (
    await run(python, ['-m', 'pip', 'list', '--format', 'freeze', '--disable-pip-version-check'])
  ).stdout
    .toLowerCase()
    .split('\n');
  const missing = packages.filter((wanted) => !installed.includes(wanted.toLowerCase()));
  if (missing.length > 0) {
    log(`installing ${missing.join(', ')}`);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...missing]);
  }
  return python;
}
