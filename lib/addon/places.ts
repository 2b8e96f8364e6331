import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file that may be the addon. */
export interface AddonPlace {
  path: string;
  /** Why it is not even tried; undefined where the file is there and belongs to this version. */
  missing?: string;
}

/** The folder with this package's manifest. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const platform = `${process.platform}-${process.arch}`;
/** The package with this platform's binaries. */
export const platformPackage = `smug-explain-${platform}`;
const fileName = 'smug_addon.node';

/**
 * Where the addon is looked for, the one place that says so: `forced` (SMUG_ADDON) alone where it is given; else the
 * local build, the platform's package (`smug-explain-linux-x64`, an optional dependency), the checkout's prebuilds.
 */
export function addonPlaces(forced: string | undefined): AddonPlace[] {
  if (forced) return [onDisk(forced)];
  return [
    onDisk(join(packageRoot, 'build', 'Release', fileName)),
    inPlatformPackage(),
    onDisk(join(packageRoot, 'prebuilds', platform, fileName)),
  ];
}

interface Manifest {
  version: string;
  /** In a packed manifest: the platforms that have a package. */
  optionalDependencies?: Record<string, string>;
}

let own: Manifest | undefined;

export function ownManifest(): Manifest {
  return (own ??= manifestAt(join(packageRoot, 'package.json')));
}

/** The version in this package's manifest. */
export function ownVersion(): string {
  return ownManifest().version;
}

function onDisk(path: string): AddonPlace {
  return existsSync(path) ? { path } : { path, missing: 'no such file' };
}

function inPlatformPackage(): AddonPlace {
  const name = platformPackage;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return { path: name, missing: 'the package is not installed' };
  }
  const [theirs, ours] = [manifestAt(manifest).version, ownVersion()];
  // Two versions side by side would be found out by the interface only where that changed.
  if (theirs !== ours)
    return { path: name, missing: `it is version ${theirs}, and smug-explain is version ${ours}` };
  return onDisk(join(dirname(manifest), fileName));
}

function manifestAt(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
