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

const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const platform = `${process.platform}-${process.arch}`;
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

/** The version in this package's manifest. */
export function ownVersion(): string {
  return versionIn(join(packageRoot, 'package.json'));
}

function onDisk(path: string): AddonPlace {
  return existsSync(path) ? { path } : { path, missing: 'no such file' };
}

function inPlatformPackage(): AddonPlace {
  const name = `smug-explain-${platform}`;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return { path: name, missing: 'the package is not installed' };
  }
  const [theirs, ours] = [versionIn(manifest), ownVersion()];
  // Two versions side by side would be found out by the interface only where that changed.
  if (theirs !== ours)
    return { path: name, missing: `it is version ${theirs}, and smug-explain is version ${ours}` };
  return onDisk(join(dirname(manifest), fileName));
}

function versionIn(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
