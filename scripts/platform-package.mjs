// Fills packages/PLATFORM-ARCH with this platform's binaries: the addon and every library it loads that a system does
// not have by itself, the licences, native.json (checksums, and the oldest glibc and C++ library they need) and sbom.json. Part of
// `npm run prebuild`. Throws where a file needs a newer system or processor than the manifest's `oldest` promises, or would
// look for a library elsewhere than beside itself.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './native-deps.mjs';
import { functionsBeyondV2 } from './oldest-cpu.mjs';
import { platformBom } from './sbom.mjs';

const platform = `${process.platform}-${process.arch}`;

/** Libraries of glibc and GCC that every system with the promised glibc has. */
const ofTheSystem = /^(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so\.\d+|linux-vdso\.so\.1)$/;

/** @param {string} from folder with the addon, as prebuildify or the build leaves it */
export async function fillPlatformPackage(from, folder = join(root, 'packages', platform)) {
  for (const name of readdirSync(folder))
    if (/\.node$|\.so|^(native|sbom)\.json$|^licences$/.test(name))
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
  if (manifest.oldest.cpu) await checkProcessor(folder, binaries, manifest.oldest.cpu);
  if (!/(RUNPATH|RPATH).*\[\$ORIGIN\]/.test(readelf('-d', addon)))
    throw new Error('the addon does not look for its libraries beside itself: its run path is not $ORIGIN');
  const stray = exportsOf(addon).filter(
    (name) => !/^(napi_register_module|node_api_module_get_api_version)_v\d+$/.test(name),
  );
  if (stray.length > 0)
    throw new Error(`the addon exports more than Node asks for: ${stray.slice(0, 5).join(', ')}`);
  const files = Object.fromEntries(binaries.sort().map((name) => [name, identity(join(folder, name))]));
  const compiler = execFileSync('c++', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  const write = (name, content) => writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  write('native.json', { oldest, compiler, files });
  const cuda = typeof createRequire(import.meta.url)(addon).cudaCompile === 'function';
  write('sbom.json', platformBom(folder, files, { compiler: compiler.split(' ').at(-1), cuda }));
  if (!cuda) rmSync(join(folder, 'licences', 'CUDA-EULA.txt'));
  return { folder, oldest, files };
}

async function checkProcessor(folder, binaries, promised) {
  if (promised !== 'x86-64-v2') throw new Error(`nothing here can check for the processor ${promised}`);
  // The packed addon is stripped, and its functions have no names: the build's own is the same code.
  const path = (name) =>
    name === 'smug_addon.node' ? join(root, 'build', 'Release', name) : join(folder, name);
  const found = await Promise.all(binaries.map((name) => functionsBeyondV2(path(name))));
  binaries.forEach((name, i) => {
    const [first] = found[i].keys();
    if (first) throw new Error(`${name} needs a processor beyond ${promised}, in ${first} at the least`);
  });
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

/** Names that a library offers to others. */
function exportsOf(file) {
  return readelf('--dyn-syms', file)
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , , binding, , section]) => binding !== 'LOCAL' && section && /^(\d+|ABS)$/.test(section))
    .map((row) => row[7]);
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
  const { folder, oldest, files } = await fillPlatformPackage(
    process.argv[2] ?? join(root, 'prebuilds', platform),
  );
  const mebibytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
  console.log(
    `${folder}: ${Object.keys(files).join(', ')}; ${mebibytes.toFixed(0)} MiB; ` +
      `needs glibc ${oldest.glibc}, GLIBCXX ${oldest['libstdc++']}`,
  );
}
