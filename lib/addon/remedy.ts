import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownManifest, packageRoot, platformPackage } from './places.js';

/**
 * What a user can do to get the native addon, as a sentence without its full stop. It depends on where this library
 * lies: a checkout builds, an installed package has nothing to build from.
 */
export function addonRemedy(): string {
  if (process.env.SMUG_NATIVE === '0') return 'Unset SMUG_NATIVE';
  if (isCheckout()) return 'Build it with `npm run setup` (needs a C++20 compiler, CMake and Python 3)';
  const { version, optionalDependencies = {} } = ownManifest();
  return platformPackage in optionalDependencies
    ? `Install it again with \`npm install ${platformPackage}@${version}\``
    : `There is no package with binaries for ${process.platform}-${process.arch}: build them with \`npm run setup\` ` +
        'in a checkout of the sources, and set SMUG_ADDON to its build/Release/smug_addon.node';
}

/** The same for an addon with another part inside, which `npm run setup -- FLAG` builds. */
export function addonPartRemedy(flag?: '--cuda'): string {
  const setup = `npm run setup${flag ? ` -- ${flag}` : ''}`;
  return isCheckout()
    ? `Build it with \`${setup}\``
    : `Build an addon that has it with \`${setup}\` in a checkout of the sources, and set SMUG_ADDON to its ` +
        'build/Release/smug_addon.node';
}

/** The sources lie beside the library only in a checkout: no package carries them. */
function isCheckout(): boolean {
  return existsSync(join(packageRoot, 'scripts', 'setup.mjs'));
}
