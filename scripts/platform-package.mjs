// Fills packages/PLATFORM-ARCH with this platform's binaries: the addon and every library it loads that a system does
// not have by itself, the licences, and native.json: checksums, and the oldest glibc and C++ library they need. Part of
// `npm run prebuild`. Throws where a file needs a newer system than the manifest's `oldest` promises, or would look for
// a library elsewhere than beside itself.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './native-deps.mjs';

const platform = `${process.platform}-${process.arch}`;

/** Libraries of glibc, GCC and zlib that every system with the promised glibc has. */
const ofTheSystem = /^(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|z)\.so\.\d+|linux-vdso\.so\.1)$/;

/** @param {string} from folder with the addon, as prebuildify or the build leaves it */
export function fillPlatformPackage(from, folder = join(root, 'packages', platform)) {
  for (const name of readdirSync(folder))
    if (/\.node$|\.so|^native\.json$|^licences$/.test(name))
      rmSync(join(folder, name), { recursive: true, force: true });
  const binaries = readdirSync(from).filter((name) => /\.node$|\.so(\.|$)/.test(name));
  for (const name of binaries) copyFileSync(join(from, name), join(folder, name));
  const addon = join(folder, 'smug_addon.node');
  execFileSync('strip', ['--strip-unneeded', addon]);
  for (const [name, path] of loaded(addon)) {
    if (ofTheSystem.test(name) || existsSync(join(folder, name))) continue;
    copyFileSync(path, join(folder, name));
    binaries.push(name);
  }
  cpSync(join(root, 'packages', 'licences'), join(folder, 'licences'), { recursive: true });
  const oldest = oldestSystem(binaries.map((name) => join(folder, name)));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [part, version] of Object.entries(oldest))
    if (compare(version, manifest.oldest[part]) > 0)
      throw new Error(
        `packages/${platform} promises ${part} ${manifest.oldest[part]}; its files need ${version}`,
      );
  if (!/(RUNPATH|RPATH).*\[\$ORIGIN\]/.test(readelf('-d', addon)))
    throw new Error('the addon does not look for its libraries beside itself: its run path is not $ORIGIN');
  const files = Object.fromEntries(binaries.sort().map((name) => [name, identity(join(folder, name))]));
  const compiler = execFileSync('c++', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  writeFileSync(join(folder, 'native.json'), `${JSON.stringify({ oldest, compiler, files }, null, 2)}\n`);
  return { folder, oldest, files };
}

/** The newest symbol versions that files ask for: the oldest glibc and C++ library that they run on. */
export function oldestSystem(files) {
  const oldest = { glibc: '0', 'libstdc++': '0' };
  for (const file of files) {
    for (const [, set, version] of readelf('-V', file).matchAll(/\b(GLIBC|GLIBCXX)_(\d[\d.]*)/g)) {
      const part = set === 'GLIBC' ? 'glibc' : 'libstdc++';
      if (compare(version, oldest[part]) > 0) oldest[part] = version;
    }
  }
  return oldest;
}

function readelf(what, file) {
  return execFileSync('readelf', ['-W', what, file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** Name and path of every library that the loader finds for a file. */
function loaded(file) {
  const lines = execFileSync('ldd', [file], { encoding: 'utf8' });
  if (/not found/.test(lines)) throw new Error(`${file} lacks a library:\n${lines}`);
  return [...lines.matchAll(/^\s*(\S+) => (\S+)/gm)].map(([, name, path]) => [name, path]);
}

function identity(path) {
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function compare(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i += 1)
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { folder, oldest, files } = fillPlatformPackage(process.argv[2] ?? join(root, 'prebuilds', platform));
  const mebibytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
  console.log(
    `${folder}: ${Object.keys(files).join(', ')}; ${mebibytes.toFixed(0)} MiB; ` +
      `needs glibc ${oldest.glibc}, GLIBCXX ${oldest['libstdc++']}`,
  );
}
