// Packs the packages as they would be published and uses them as a stranger would: installed from the tarballs into an
// empty folder, without install scripts; with the platform's package where there is a native build, then with its binary
// corrupt, then without it.
//
// SMUG_PREBUILT=1 takes the platform's package as it was filled before, instead of running `npm run prebuild`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './native-deps.mjs';
import { pack } from './pack.mjs';

const work = mkdtempSync(join(tmpdir(), 'smug-package-'));
let passed = 0;
// What the trial of an addon found is remembered here and not at home.
const env = { ...process.env, XDG_CACHE_HOME: join(work, 'cache') };
delete env.SMUG_NATIVE;
const bytesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, path, name }) => sum + statSync(join(parentPath ?? path, name)).size, 0);
function check(what, condition, detail = '') {
  if (!condition) throw new Error(`packed package: ${what} ${detail}`);
  passed += 1;
  console.log(`ok: ${what}`);
}

try {
  const native = existsSync(join(root, 'build', 'Release', 'smug_addon.node'));
  if (native && process.env.SMUG_PREBUILT !== '1')
    execFileSync(process.execPath, [join(root, 'scripts', 'prebuild.mjs')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const { main, platforms } = pack(work);
  const platformPackage = `smug-explain-${process.platform}-${process.arch}`;
  check('the platform package is packed', !native || platforms[platformPackage] !== undefined);
  const tarballs = [main, ...(native ? [platforms[platformPackage]] : [])];
  const home = join(work, 'app');
  execFileSync('mkdir', ['-p', home]);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  execFileSync('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const installed = join(home, 'node_modules', 'smug-explain');
  const manifest = JSON.parse(execFileSync('cat', [join(installed, 'package.json')], { encoding: 'utf8' }));
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter(
    (name) => manifest.scripts?.[name],
  );
  check('has no install scripts', hooks.length === 0, hooks.join(', '));

  const listed = execFileSync('tar', ['-tzf', main], { encoding: 'utf8' }).trim().split('\n');
  const stray = listed.filter(
    (name) => !/^package\/((dist|cjs|models)\/.*|[A-Z]+(\.md)?|package\.json)$/.test(name),
  );
  check('the tarball holds the library, the models and its documents only', stray.length === 0, stray.join());
  check('the main package is below 15 MB', bytesIn(installed) < 15e6, bytesIn(installed));
  const platformFolder = join(home, 'node_modules', platformPackage);
  const addon = join(platformFolder, 'smug_addon.node');
  if (native) {
    // With CUDA inside as well: its runtime is linked statically, the driver is looked for when it is asked for.
    check('the platform package is below 110 MB', bytesIn(platformFolder) < 110e6, bytesIn(platformFolder));
    const { files } = JSON.parse(readFileSync(join(platformFolder, 'native.json'), 'utf8'));
    const sha256 = (name) =>
      createHash('sha256')
        .update(readFileSync(join(platformFolder, name)))
        .digest('hex');
    check(
      'its checksums hold',
      Object.entries(files).every(([name, file]) => sha256(name) === file.sha256),
    );
    const licences = readdirSync(join(platformFolder, 'licences')).join(' ');
    for (const name of Object.keys(files).filter((file) => file.includes('.so'))) {
      const licence = { libdnnl: 'oneDNN', libz3: 'Z3', libhighs: 'HiGHS', libgomp: 'libgomp' }[
        name.split('.')[0]
      ];
      check(`${name}: its licence is there`, licence !== undefined && licences.includes(licence));
    }
    const maps = `require(${JSON.stringify(addon)}); console.log(require('node:fs').readFileSync('/proc/self/maps', 'utf8'))`;
    const mapped =
      process.platform === 'linux' && execFileSync(process.execPath, ['-e', maps], { encoding: 'utf8' });
    if (mapped)
      check(
        'every library comes from beside the addon',
        Object.keys(files).every((name) => mapped.includes(join(realpathSync(platformFolder), name))),
        mapped,
      );
  }

  const digit = readdirSync(join(root, 'examples', 'digits')).filter((name) => name.endsWith('.png'))[0];
  const best = (words) => {
    let least = Infinity;
    for (let i = 0; i < 7; i += 1) {
      const start = performance.now();
      execFileSync(process.execPath, words, { cwd: home, env });
      least = Math.min(least, performance.now() - start);
    }
    return least;
  };
  const [version, nothing] = [best([join(installed, 'dist', 'cli.js'), '--version']), best(['-e', '0'])];
  check('smug --version takes less than twice what node -e 0 does', version < 2 * nothing, version / nothing);

  // The same task by require: on a Node that cannot require ES modules, and on one that can.
  const task = `async ({ solveMask, SmugError }) => {
    const rows = [{ columns: [0, 1, 2], coefficients: [1, 2, 3], lower: 2.5 }];
    const { size, backend } = await solveMask({ variables: 3, rows });
    console.log(JSON.stringify({ size, backend, error: typeof SmugError }));
  }`;
  writeFileSync(
    join(home, 'require.cjs'),
    `(${task})(require('smug-explain')); require('smug-explain/server');`,
  );
  const flag = '--no-experimental-require-module';
  const bare = process.allowedNodeEnvironmentFlags.has(flag) ? [[flag], []] : [[]];
  for (const flags of bare) {
    const [line] = execFileSync(process.execPath, [...flags, 'require.cjs'], {
      cwd: home,
      encoding: 'utf8',
      env,
    }).split('\n');
    const { size, backend, error } = JSON.parse(line);
    const right = size === 1 && error === 'function' && backend === (native ? 'libz3' : 'z3-wasm');
    check(
      `require works ${flags.length ? 'where ES modules cannot be required' : 'as Node has it'}`,
      right,
      line,
    );
  }
  // Types under every resolution; `.cts` reads those of the CommonJS entry.
  const used = `import { solveMask, type MaskSolution } from 'smug-explain';
export const solved: Promise<MaskSolution> = solveMask({ variables: 1, rows: [] });
// @ts-expect-error a number is no problem
void solveMask(1);
`;
  for (const name of ['types.cts', 'types.mts']) writeFileSync(join(home, name), used);
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const files = resolution === 'bundler' ? ['types.mts'] : ['types.cts', 'types.mts'];
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
    const typeRoots = join(root, 'node_modules', '@types');
    execFileSync(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags, '--typeRoots', typeRoots]
        .concat(['--module', module, '--moduleResolution', resolution])
        .concat(files),
      { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    check(`types: ${resolution}`, true);
  }

  const doctor = () =>
    JSON.parse(
      execFileSync(process.execPath, [join(installed, 'dist', 'cli.js'), 'doctor', '--json'], {
        cwd: home,
        encoding: 'utf8',
        env,
      }),
    );
  for (const state of native ? ['native', 'corrupt', 'removed'] : ['removed']) {
    const kind = state === 'native' ? 'native' : `fallback (addon ${state})`;
    if (state === 'corrupt') writeFileSync(addon, 'no shared library');
    if (state === 'removed') rmSync(platformFolder, { recursive: true, force: true });
    const attempt = doctor().addon.attempts[1];
    const expected = {
      native: ['loaded'],
      corrupt: ['failed', /too short|invalid/],
      removed: ['absent', /not installed/],
    };
    const [outcome, why] = expected[state];
    check(
      `${kind}: doctor says so`,
      attempt.outcome === outcome && (!why || why.test(attempt.reason)),
      JSON.stringify(attempt),
    );
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
      { cwd: home, encoding: 'utf8', env },
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
