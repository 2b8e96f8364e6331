// Packs the package as it would be published and uses it as a stranger would: installed from the tarball into
// an empty folder, without install scripts, with the prebuilt addon when there is one, and once without.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cudaChosen } from './cuda-choice.mjs';
import { root } from './native-deps.mjs';

const work = mkdtempSync(join(tmpdir(), 'smug-package-'));
let passed = 0;
function check(what, condition, detail = '') {
  if (!condition) throw new Error(`packed package: ${what} ${detail}`);
  passed += 1;
  console.log(`ok: ${what}`);
}

try {
  const native = existsSync(join(root, 'build', 'Release', 'smug_addon.node'));
  if (native)
    execFileSync(process.execPath, [join(root, 'scripts', 'prebuild.mjs')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work], { cwd: root });
  const tarball = join(
    work,
    readdirSync(work).find((name) => name.endsWith('.tgz')),
  );
  const home = join(work, 'app');
  execFileSync('mkdir', ['-p', home]);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  execFileSync('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', tarball], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const installed = join(home, 'node_modules', 'smug-explain');
  const manifest = JSON.parse(execFileSync('cat', [join(installed, 'package.json')], { encoding: 'utf8' }));
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter(
    (name) => manifest.scripts?.[name],
  );
  check('has no install scripts', hooks.length === 0, hooks.join(', '));

  if (native) {
    const folder = join(installed, 'prebuilds', `${process.platform}-${process.arch}`);
    const addon = readdirSync(folder).find((name) => name.endsWith('.node'));
    const mebibytes = statSync(join(folder, addon)).size / 2 ** 20;
    // Everything CUDA is inside (its runtime is linked statically); the driver is looked for when it is asked for.
    check(
      `${cudaChosen() ? 'the addon with CUDA' : 'the addon'} is one file below 40 MiB`,
      mebibytes < 40,
      mebibytes.toFixed(1),
    );
  }

  const digit = readdirSync(join(root, 'examples', 'digits')).filter((name) => name.endsWith('.png'))[0];
  for (const env of native ? [{}, { SMUG_NATIVE: '0' }] : [{}]) {
    const kind = native && env.SMUG_NATIVE !== '0' ? 'native' : 'fallback';
    const output = execFileSync(
      process.execPath,
      [
        join(installed, 'dist', 'cli.js'),
        'explain',
        join(root, 'examples', 'digits', digit),
        '--model',
        'builtin:mnist-cnn',
        '--gamma',
        '0.5',
        '--out',
        join(home, 'out'),
        '--json',
      ],
      { cwd: home, encoding: 'utf8', env: { ...process.env, ...env } },
    );
    const [result] = JSON.parse(output).results;
    check(`${kind}: a digit is explained, minimal proven`, result.certificate?.status === 'optimal', output);
    check(
      `${kind}: solved by ${result.solver}`,
      result.solver === (kind === 'native' ? 'libz3' : 'z3-wasm'),
      result.solver,
    );
    check(
      `${kind}: run on ${result.engine}`,
      (kind === 'native' ? ['cpu', 'cuda'] : ['tfjs']).includes(result.engine),
      result.engine,
    );
    check(
      `${kind}: pictures written`,
      result.files.length > 0 && result.files.every((file) => existsSync(file)),
    );
  }
  writeFileSync(
    join(home, 'use.mjs'),
    `
    import { solveMask, capabilities } from 'smug-explain';
    const solution = await solveMask({ variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 2, 3], lower: 2.5 }] });
    console.log(JSON.stringify({ size: solution.size, status: solution.status, can: Boolean(await capabilities()) }));
  `,
  );
  const use = JSON.parse(execFileSync(process.execPath, ['use.mjs'], { cwd: home, encoding: 'utf8' }));
  check(
    'works as a library and the process ends by itself',
    use.size === 1 && use.status === 'optimal' && use.can,
  );
  console.log(`${passed} passed, 0 failed`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
