// `npm run test:package -- [--node VERSION] [--fallback] [FILES or ava options]`: the test-suite against the installed
// tarballs instead of the checkout, on this Node or on another one (`--node 26`, `--node latest`: the npm package `node`).
// `--fallback` leaves the platform's package out.
//
// The tests lie in a copy of the checkout's files whose dist/ is that of the installed package; development's packages
// are the checkout's. SMUG_PREBUILT=1 takes the platform's package as it was filled before.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from './native-deps.mjs';
import { pack } from './pack.mjs';
import { install } from './packed/stranger.mjs';

const words = process.argv.slice(2);
const take = (flag, values) => {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words.splice(at, 1 + values).at(-1);
};
const version = take('--node', 1);
const fallback = take('--fallback', 0) !== undefined;
const manifest = (...path) => JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8'));
const platformPackage = `smug-explain-${process.platform}-${process.arch}`;

/** The program that the npm package `node` would choose: it does so by an install script, of which none is run here. */
function nodeOf(wanted, folder) {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  install(folder, [], ['--prefer-offline'], { more: { [name]: wanted } });
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** The package with its optional peers, which the tests of the service need, in `folder`. */
function installed(folder, tarballs) {
  const peers = Object.keys(manifest(root).peerDependencies).filter((name) =>
    existsSync(join(root, 'node_modules', name)),
  );
  const more = Object.fromEntries(peers.map((name) => [name, manifest(root, 'node_modules', name).version]));
  install(folder, tarballs, ['--prefer-offline'], { more });
  return join(folder, 'node_modules', 'smug-explain');
}

function project(folder, packageFolder) {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const name of tracked.filter((file) => file && existsSync(join(root, file))))
    cpSync(join(root, name), join(folder, name));
  for (const name of ['dist', 'cjs']) symlinkSync(join(packageFolder, name), join(folder, name));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // What tests use beside the package, where the checkout has it.
  for (const name of ['build/emulation', '.test-servers'])
    if (existsSync(join(root, name))) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      symlinkSync(join(root, name), join(folder, name));
    }
}

const work = realpathSync(mkdtempSync(join(tmpdir(), 'smug-suite-')));
try {
  if (!fallback && process.env.SMUG_PREBUILT !== '1')
    execFileSync(process.execPath, [join(root, 'scripts', 'prebuild.mjs')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const { main, platforms } = pack(join(work, 'tarballs'));
  if (!fallback && !platforms[platformPackage]) throw new Error(`packages/ has no ${platformPackage}`);
  const node = version === undefined ? process.execPath : nodeOf(version, join(work, 'node'));
  const packageFolder = installed(join(work, 'app'), fallback ? [main] : [main, platforms[platformPackage]]);
  const home = join(work, 'project');
  project(home, packageFolder);
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    SMUG_SHARED: process.env.SMUG_SHARED ?? join(root, '..', 'shared'),
  };
  const doctor = execFileSync(node, [join(home, 'dist', 'cli.js'), 'doctor', '--json'], {
    env,
    encoding: 'utf8',
  });
  const found = JSON.parse(doctor);
  const [, attempt] = found.addon.attempts;
  if (!fallback && attempt.outcome !== 'loaded')
    throw new Error(`the installed addon does not load: ${JSON.stringify(found.addon.attempts)}`);
  console.log(
    `smug-explain ${found.version} in ${packageFolder}, Node ${found.node}, ${found.solver}, ${found.engine}`,
  );
  const { status } = spawnSync(
    node,
    [join(home, 'scripts', 'test.mjs'), ...(words.length ? words : ['--concurrency', '2'])],
    { cwd: home, env, stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
