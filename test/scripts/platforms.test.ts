// The packages of macOS, Windows and Linux on ARM, filled here: which libraries, from where, for which system.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, matchesGlob } from 'node:path';
import test, { type ExecutionContext } from 'ava';
// @ts-expect-error -- a plain script
import { readBinary } from '../../scripts/binaries.mjs';
// @ts-expect-error -- a plain script
import { fillPlatformPackage } from '../../scripts/platform-package.mjs';
import { projectRoot } from '../cli/smug.js';
import { testWith } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { machO, pe } from './binary-files.js';

type Files = Record<string, Buffer>;

/** Fills a copy of packages/PLATFORM from a folder that holds `files`. */
async function filled(t: ExecutionContext, platform: string, files: Files) {
  const work = temporaryFolder('platform', t);
  const [from, folder] = ['from', 'package'].map((name) => join(work, name)) as [string, string];
  mkdirSync(from);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(from, name), content);
  cpSync(join(projectRoot, 'packages', platform), folder, {
    recursive: true,
    filter: (path) => !/\.node$|\.so|native\.json|sbom\.json|licences/.test(path),
  });
  return (await fillPlatformPackage(from, { platform, folder })) as {
    folder: string;
    oldest: Record<string, string>;
    files: Files;
  };
}

/** What the pinned wheels of a platform bring. */
function pinnedLibraries(platform: string): string[] {
  const lock = JSON.parse(readFileSync(join(projectRoot, 'scripts', 'native-deps.lock.json'), 'utf8'));
  const entries = Object.values(lock[platform]) as { copy: Record<string, string> }[];
  return entries
    .flatMap(({ copy }) => Object.values(copy))
    .filter((target) => target.startsWith('lib/'))
    .map((target) => basename(target));
}

const mac: Files = {
  'smug_addon.node': machO({
    needed: ['@rpath/libz3.dylib', '@rpath/libhighs.1.dylib', '/usr/lib/libc++.1.dylib'],
    runPaths: ['@loader_path'],
  }),
  'libz3.dylib': machO({ needed: ['/usr/lib/libSystem.B.dylib'], oldest: '13.3' }),
  'libhighs.1.dylib': machO({ needed: ['/usr/lib/libz.1.dylib'], oldest: '11.0' }),
};

const windows: Files = {
  'smug_addon.node': pe({ needed: ['node.exe', 'libz3.dll', 'KERNEL32.dll', 'VCRUNTIME140_1.dll'] }),
  'libz3.dll': pe({ needed: ['dbghelp.dll', 'MSVCP140.dll', 'api-ms-win-crt-math-l1-1-0.dll'] }),
};

for (const [platform, files, licences] of [
  ['darwin-arm64', mac, ['HiGHS-LICENSE.txt', 'HiGHS-THIRD_PARTY_NOTICES.md', 'Z3-LICENSE.txt']],
  ['win32-x64', windows, ['Z3-LICENSE.txt']],
] as const)
  test(`${platform}: the addon and the pinned libraries, each in the manifest, the papers and the licences`, async (t) => {
    const names = ['smug_addon.node', ...pinnedLibraries(platform)].sort();
    t.deepEqual(Object.keys(files).sort(), names);
    const { folder, files: told } = await filled(t, platform, { ...files, 'unrelated.txt': Buffer.from('') });
    t.deepEqual(Object.keys(told).sort(), names);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const packed = readdirSync(folder).filter((name) => !['package.json', 'README.md'].includes(name));
    t.deepEqual(packed.sort(), [...names, 'licences', 'native.json', 'sbom.json'].sort());
    for (const name of packed)
      t.true(
        manifest.files.some((pattern: string) => matchesGlob(name, pattern)),
        `${name} is packed`,
      );
    t.deepEqual(readdirSync(join(folder, 'licences')).sort(), [...licences]);
    const native = JSON.parse(readFileSync(join(folder, 'native.json'), 'utf8'));
    t.deepEqual(Object.keys(native.files).sort(), names);
    const { components } = JSON.parse(readFileSync(join(folder, 'sbom.json'), 'utf8'));
    const z3 = components.find(({ name }: { name: string }) => name === 'Z3');
    t.is(z3.purl, 'pkg:pypi/z3-solver@5.4.0.0');
  });

test('macOS: what a loader would not find, or find elsewhere, is refused, and so is a newer system', async (t) => {
  const { 'libz3.dylib': z3, ...without } = mac;
  t.like((await filled(t, 'darwin-arm64', mac)).oldest, { macos: '13.3' });
  for (const [files, message] of [
    [without, /smug_addon\.node needs libz3\.dylib, which is not beside it/],
    [{ ...mac, 'libz3.dylib': machO({ needed: ['/opt/homebrew/lib/libgmp.10.dylib'] }) }, /looks for \/opt/],
    [{ ...mac, 'smug_addon.node': machO({ needed: ['@rpath/libz3.dylib'] }) }, /not @loader_path/],
    [
      { ...mac, 'libz3.dylib': machO({ needed: [], oldest: '14.0' }) },
      /promises macos 13\.3; .* needs 14\.0/,
    ],
    [{ ...mac, 'libz3.dylib': machO({ needed: [], cpu: 'x64' }) }, /libz3\.dylib is for x64/],
    [{ ...mac, 'libextra.dylib': machO({ needed: [] }) }, /origin and licence of libextra/],
    [{ ...mac, 'libz3.dylib': Buffer.alloc(100) }, /is no compiled library/],
    [{ 'libz3.dylib': z3! }, /holds no smug_addon\.node/],
  ] as [Files, RegExp][])
    await t.throwsAsync(filled(t, 'darwin-arm64', files), { message });
});

test('Windows: a library is found whatever the case of its name; a missing one and another processor are refused', async (t) => {
  const addon = pe({ needed: ['LIBZ3.DLL'] });
  await t.notThrowsAsync(filled(t, 'win32-x64', { ...windows, 'smug_addon.node': addon }));
  for (const [files, message] of [
    [{ 'smug_addon.node': addon }, /needs LIBZ3\.DLL/],
    [{ ...windows, 'libz3.dll': pe({ needed: ['libgomp-1.dll'] }) }, /libz3\.dll needs libgomp-1\.dll/],
    [{ ...windows, 'libz3.dll': pe({ needed: [], cpu: 'arm64' }) }, /libz3\.dll is for arm64/],
  ] as [Files, RegExp][])
    await t.throwsAsync(filled(t, 'win32-x64', files), { message });
});

const elf =
  process.platform === 'linux' &&
  ['c++', 'readelf'].every((name) => spawnSync(name, ['--version']).status === 0);

testWith({ missing: elf ? null : 'no c++ and readelf for ELF here', required: false })(
  'Linux on ARM: its libraries beside the addon by $ORIGIN, and no newer glibc than is promised',
  async (t) => {
    const work = temporaryFolder('elf', t);
    /** Compiled here, and said to be for ARM: what is read of it is the same. */
    const compiled = (name: string, ...words: string[]) => {
      const [source, file] = [join(work, 'f.cc'), join(work, name)];
      writeFileSync(source, 'extern "C" int napi_register_module_v1() { return 1; }');
      const { status, stderr } = spawnSync('c++', ['-shared', '-fPIC', '-o', file, source, ...words]);
      t.is(status, 0, stderr.toString());
      const bytes = readFileSync(file);
      bytes.writeUInt16LE(0xb7, 18);
      return bytes;
    };
    const libraries = Object.fromEntries(
      ['libz3.so.5.4', 'libhighs.so.1', 'libz.so.1'].map((name) => [
        name,
        compiled(name, `-Wl,-soname,${name}`),
      ]),
    );
    t.deepEqual(pinnedLibraries('linux-arm64').sort(), ['libhighs.so.1', 'libz3.so.5.4']);
    // The text by which a zlib tells its version.
    libraries['libz.so.1'] = Buffer.concat([
      libraries['libz.so.1']!,
      Buffer.from(' inflate 1.3.1 Copyright'),
    ]);
    const linked = ['-Wl,--no-as-needed', ...Object.keys(libraries).map((name) => join(work, name))];
    const origin = '-Wl,-rpath,$ORIGIN';
    const addon = compiled('smug_addon.node', ...linked, origin);
    const files: Files = { ...libraries, 'smug_addon.node': addon };
    const { files: told, oldest } = await filled(t, 'linux-arm64', files);
    t.deepEqual(Object.keys(told).sort(), Object.keys(files).sort());
    t.regex(oldest.glibc!, /^2\.\d/);
    const found = readBinary(join(work, 'smug_addon.node'));
    t.deepEqual(found.runPaths, ['$ORIGIN']);
    const { 'libz.so.1': _, ...without } = files;
    await t.throwsAsync(filled(t, 'linux-arm64', without), { message: /needs libz\.so\.1, which/ });
    await t.throwsAsync(
      filled(t, 'linux-arm64', { ...files, 'smug_addon.node': compiled('smug_addon.node', ...linked) }),
      { message: /its run path is not \$ORIGIN/ },
    );
  },
);
