// A stranger's project: the tarballs installed into an empty folder from npm's cache, without network, on a PATH without
// build tools, without install scripts.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../native-deps.mjs';

const platformPackage = `smug-explain-${process.platform}-${process.arch}`;

/** Commands in front of one that leave it no network: none where this system cannot do that. */
function withoutNetwork() {
  for (const words of [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ])
    if (spawnSync(words[0], [...words.slice(1), 'true']).status === 0) return words;
  return [];
}

/** An npm project in `folder` that depends on the tarballs and on what is named in `more`. */
export function install(folder, tarballs, flags, { env, prefix = [], more = {} } = {}) {
  mkdirSync(folder, { recursive: true });
  const manifest = { name: 'app', private: true, type: 'module', dependencies: more };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--silent', '--ignore-scripts', '--no-audit', '--no-fund'];
  const words = [...prefix, 'npm', 'install', ...quiet, ...flags, ...tarballs];
  execFileSync(words[0], words.slice(1), { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * Installs twice: once as npm likes, which fills its cache, and then in `app` as a stranger on an aeroplane.
 * `other` is the first one: a second copy of the package.
 */
export function stranger(work, tarballs) {
  const bin = join(work, 'bin');
  execFileSync(process.execPath, [join(root, 'scripts', 'path-without-compilers.mjs'), bin]);
  const compilers = ['c++', 'cc', 'cmake', 'make', 'python3'];
  // What the trial of an addon found is remembered here and not at home.
  const { SMUG_NATIVE: _, SMUG_ADDON: __, ...inherited } = process.env;
  const env = { ...inherited, PATH: bin, XDG_CACHE_HOME: join(work, 'cache') };
  const found = compilers.filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env }).status === 0,
  );
  if (found.length) throw new Error(`the PATH for the stranger still has ${found.join(', ')}`);
  const [home, other] = ['app', 'other'].map((name) => join(work, name));
  install(other, tarballs, ['--prefer-offline']);
  const prefix = withoutNetwork();
  install(home, tarballs, ['--offline'], { env, prefix });
  const run = (command, words, options = {}) => {
    const { status, signal, stdout, stderr, error } = spawnSync(
      prefix[0] ?? command,
      [...prefix.slice(1), ...(prefix.length ? [command] : []), ...words],
      { cwd: home, encoding: 'utf8', maxBuffer: 2 ** 26, ...options, env: { ...env, ...options.env } },
    );
    if (error) throw error;
    return { status, signal, stdout, stderr };
  };
  const inModules = (name) => join(home, 'node_modules', name);
  return {
    home,
    other,
    env,
    network: prefix.length ? 'none at all' : 'npm --offline; this system cannot take it away from a process',
    installed: inModules('smug-explain'),
    platformPackage,
    platformFolder: inModules(platformPackage),
    /** `npx smug …` */
    smug: (words, options) => run('npx', ['smug', ...words], options),
    node: (words, options) => run(process.execPath, words, options),
  };
}
