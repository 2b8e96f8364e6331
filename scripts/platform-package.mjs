// Fills packages/PLATFORM-ARCH with a platform's binaries: the addon and every library it loads that a system does not have by
// itself, the licences, native.json (checksums, and the oldest system they need) and sbom.json. Part of `npm run prebuild`.
// Throws where a file needs a newer system or processor than the manifest's `oldest` promises, lacks a library, would look
// for one elsewhere than beside itself, or is for another platform.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareVersions, readBinary, readelf } from './binaries.mjs';
import { root } from './native-deps.mjs';
import { functionsBeyondV2 } from './oldest-cpu.mjs';
import { licencesOf, platformBom } from './sbom.mjs';

const own = `${process.platform}-${process.arch}`;
const addonName = 'smug_addon.node';

/**
 * How a system names libraries, which of them it has itself (of glibc and GCC those that come with the promised version;
 * of Windows the C++ runtime as well, which Microsoft installs), and the run path that means "beside the file that asks".
 * Windows needs none: Node loads an addon so that its folder is searched first.
 */
const systems = {
  linux: {
    library: /\.so(\.|$)/,
    ownLibrary: /^(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so\.\d+|linux-vdso\.so\.1|ld-linux[\w-]*\.so\.\d)$/,
    beside: '$ORIGIN',
  },
  darwin: { library: /\.dylib$/, ownLibrary: /^\/(usr\/lib|System\/Library)\//, beside: '@loader_path' },
  win32: {
    library: /\.dll$/i,
    ownLibrary:
      /^((api|ext)-ms-win-.*|(kernel32|advapi32|user32|dbghelp|bcrypt|ws2_32|ole32|shell32|ucrtbase|ntdll|msvcp140(_\w+)?|vcruntime140(_1)?)\.dll|node\.exe)$/i,
  },
};

/**
 * @param {string} from folder with the addon and its libraries, as prebuildify or the build leaves them
 * @param {{ platform?: string, folder?: string }} options another platform's binaries are taken as they are: neither
 *   stripped nor loaded
 */
export async function fillPlatformPackage(
  from,
  { platform = own, folder = join(root, 'packages', platform) } = {},
) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const system = systems[manifest.os[0]];
  const isBinary = (name) => name.endsWith('.node') || system.library.test(name);
  for (const name of readdirSync(folder))
    if (isBinary(name) || /^(native|sbom)\.json$|^licences$/.test(name))
      rmSync(join(folder, name), { recursive: true, force: true });
  const binaries = readdirSync(from).filter(isBinary);
  if (!binaries.includes(addonName)) throw new Error(`${from} holds no ${addonName}`);
  for (const name of binaries) copyFileSync(join(from, name), join(folder, name));
  const addon = join(folder, addonName);
  if (platform === own) {
    strip(addon);
    binaries.push(...copyFromSystem(addon, folder, system));
  }
  const oldest = checkBinaries(folder, binaries, manifest, system);
  if (manifest.oldest?.cpu && platform === own) await checkProcessor(folder, binaries, manifest.oldest.cpu);
  if (manifest.os[0] === 'linux') checkExports(addon);
  const files = Object.fromEntries(binaries.sort().map((name) => [name, identity(join(folder, name))]));
  const compiler =
    platform === own ? execFileSync('c++', ['--version'], { encoding: 'utf8' }).split('\n')[0] : 'unknown';
  const write = (name, content) => writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  write('native.json', { oldest, compiler, files });
  const cuda = platform === own && typeof createRequire(import.meta.url)(addon).cudaCompile === 'function';
  write('sbom.json', platformBom(folder, files, { compiler: compiler.split(' ').at(-1), cuda }));
  mkdirSync(join(folder, 'licences'));
  for (const text of licencesOf(Object.keys(files), { cuda }))
    copyFileSync(join(root, 'packages', 'licences', text), join(folder, 'licences', text));
  return { folder, oldest, files };
}

function strip(addon) {
  if (process.platform === 'linux') execFileSync('strip', ['--strip-unneeded', addon]);
  if (process.platform !== 'darwin') return;
  execFileSync('strip', ['-x', addon]);
  // Changed after it was signed, it would be killed on Apple silicon.
  execFileSync('codesign', ['--force', '--sign', '-', addon]);
}

/** Libraries that the loader finds elsewhere on this machine (libgomp, zlib) become the package's own. */
function copyFromSystem(addon, folder, system) {
  if (process.platform !== 'linux') return [];
  const lines = execFileSync('ldd', [addon], { encoding: 'utf8' });
  if (/not found/.test(lines)) throw new Error(`${addon} lacks a library:\n${lines}`);
  const copied = [];
  for (const [, name, path] of lines.matchAll(/^\s*(\S+) => (\S+)/gm)) {
    if (system.ownLibrary.test(name) || existsSync(join(folder, name))) continue;
    copyFileSync(path, join(folder, name));
    copied.push(name);
  }
  return copied;
}

/**
 * Every file is for this platform, finds what it needs beside itself or in the system, and needs no newer system than the
 * manifest promises.
 * @returns what the files need at the least
 */
function checkBinaries(folder, binaries, manifest, { ownLibrary, beside }) {
  const name = manifest.name;
  const present = new Set(binaries.map((file) => file.toLowerCase()));
  const oldest = {};
  for (const file of binaries) {
    const found = readBinary(join(folder, file));
    if (found.cpu !== manifest.cpu[0]) throw new Error(`${name}: ${file} is for ${found.cpu}`);
    for (const [part, version] of Object.entries(found.oldest)) {
      if (compareVersions(version, oldest[part] ?? '0') > 0) oldest[part] = version;
      if (compareVersions(version, manifest.oldest[part]) > 0)
        throw new Error(`${name} promises ${part} ${manifest.oldest[part]}; ${file} needs ${version}`);
    }
    const bundled = found.needed.filter((needed) => !ownLibrary.test(needed));
    for (const needed of bundled) {
      if (needed.startsWith('/'))
        throw new Error(`${name}: ${file} looks for ${needed}, not for a library beside itself`);
      if (!present.has(basename(needed).toLowerCase()))
        throw new Error(`${name}: ${file} needs ${basename(needed)}, which is not beside it`);
    }
    // A library that asks for another is found by the addon's run path.
    const byRunPath = bundled.some((needed) => !needed.startsWith('@loader_path/'));
    if (file === addonName && beside && byRunPath && !found.runPaths.includes(beside))
      throw new Error(
        `${name}: the addon does not look for its libraries beside itself: its run path is not ${beside}`,
      );
  }
  return oldest;
}

function checkExports(addon) {
  const stray = exportsOf(addon).filter(
    (name) => !/^(napi_register_module|node_api_module_get_api_version)_v\d+$/.test(name),
  );
  if (stray.length > 0)
    throw new Error(`the addon exports more than Node asks for: ${stray.slice(0, 5).join(', ')}`);
}

async function checkProcessor(folder, binaries, promised) {
  if (promised !== 'x86-64-v2') throw new Error(`nothing here can check for the processor ${promised}`);
  // The packed addon is stripped, and its functions have no names: the build's own is the same code.
  const path = (name) => (name === addonName ? join(root, 'build', 'Release', name) : join(folder, name));
  const found = await Promise.all(binaries.map((name) => functionsBeyondV2(path(name))));
  binaries.forEach((name, i) => {
    const [first] = found[i].keys();
    if (first) throw new Error(`${name} needs a processor beyond ${promised}, in ${first} at the least`);
  });
}

/** Names that a library offers to others. */
function exportsOf(file) {
  return readelf('--dyn-syms', file)
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , , binding, , section]) => binding !== 'LOCAL' && section && /^(\d+|ABS)$/.test(section))
    .map((row) => row[7]);
}

function identity(path) {
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from = join(root, 'prebuilds', own), platform = own] = process.argv.slice(2);
  const { folder, oldest, files } = await fillPlatformPackage(from, { platform });
  const mebibytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
  const needs = Object.entries(oldest).map(([part, version]) => `${part} ${version}`);
  console.log(
    `${folder}: ${Object.keys(files).join(', ')}; ${mebibytes.toFixed(0)} MiB; needs ${needs.join(', ') || platform}`,
  );
}
