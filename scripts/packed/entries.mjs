// The ways in: command line, import, require, and their types under every resolution of modules.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../native-deps.mjs';

/** In milliseconds, the best of seven. */
function best(node, words) {
  let least = Infinity;
  for (let i = 0; i < 7; i += 1) {
    const start = performance.now();
    node(words);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

export function checkColdStart(check, { installed, node }) {
  const [version, nothing] = [
    best(node, [join(installed, 'dist', 'cli.js'), '--version']),
    best(node, ['-e', '0']),
  ];
  check('smug --version takes less than twice what node -e 0 does', version < 2 * nothing, version / nothing);
}

/** The same task by require: on a Node that cannot require ES modules, and on one that can; and by import. */
export function checkModules(check, { home, node }, backend) {
  const task = `async ({ solveMask, capabilities, SmugError }) => {
    const rows = [{ columns: [0, 1, 2], coefficients: [1, 2, 3], lower: 2.5 }];
    const { size, backend } = await solveMask({ variables: 3, rows });
    console.log(JSON.stringify({ size, backend, error: typeof SmugError, can: Boolean(await capabilities()) }));
  }`;
  writeFileSync(
    join(home, 'require.cjs'),
    `(${task})(require('smug-explain')); require('smug-explain/server');`,
  );
  writeFileSync(
    join(home, 'import.mjs'),
    `import * as smug from 'smug-explain'; import 'smug-explain/server'; await (${task})(smug);`,
  );
  const flag = '--no-experimental-require-module';
  const forced = process.allowedNodeEnvironmentFlags.has(flag)
    ? [['require works where ES modules cannot be required', [flag, 'require.cjs']]]
    : [];
  for (const [what, words] of [
    ...forced,
    ['require works as Node has it', ['require.cjs']],
    ['works as a library and the process ends by itself', ['import.mjs']],
  ]) {
    const { stdout, stderr } = node(words);
    const told = JSON.parse(stdout || '{}');
    const right = told.size === 1 && told.error === 'function' && told.can && told.backend === backend;
    check(what, right, stdout + stderr);
  }
}

/** `.cts` reads the types of the CommonJS entry. */
export function checkTypes(check, { home }) {
  const used = `import { solveMask, type MaskSolution } from 'smug-explain';
export const solved: Promise<MaskSolution> = solveMask({ variables: 1, rows: [] });
// @ts-expect-error a number is no problem
void solveMask(1);
`;
  for (const name of ['types.cts', 'types.mts']) writeFileSync(join(home, name), used);
  const modules = join(root, 'node_modules');
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
  for (const [module, resolution, files] of [
    ['node16', 'node16', ['types.cts', 'types.mts']],
    ['nodenext', 'nodenext', ['types.cts', 'types.mts']],
    ['esnext', 'bundler', ['types.mts']],
  ]) {
    const words = [...flags, '--typeRoots', join(modules, '@types'), '--module', module];
    execFileSync(
      process.execPath,
      [join(modules, 'typescript', 'bin', 'tsc'), ...words, '--moduleResolution', resolution, ...files],
      { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    check(`types: ${resolution}`, true);
  }
}
