// `npm run prebuild`: prebuilds/PLATFORM-ARCH/ with the addon and the shared libraries it loads, by prebuildify; from them
// the platform's package, packages/PLATFORM-ARCH (platform-package.mjs).
//
// prebuildify drives node-gyp; ours is cmake-js, so it is given prebuild-node-gyp.mjs as its "node-gyp". It copies
// libNAME.so and libNAME.so.N by itself but not libz3.so.5.4: longer suffixes travel through --artifacts.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native-deps.mjs';
import { fillPlatformPackage } from './platform-package.mjs';

const artifacts = join(root, 'build', 'prebuild-artifacts');
const release = join(root, 'build', 'Release');
rmSync(artifacts, { recursive: true, force: true });
mkdirSync(artifacts, { recursive: true });
for (const name of readdirSync(release)) {
  if (/\.so(\.\d+){2,}$/.test(name)) copyFileSync(join(release, name), join(artifacts, name));
}
const prebuildify = join(root, 'node_modules', 'prebuildify', 'bin.js');
const { status } = spawnSync(
  process.execPath,
  [
    prebuildify,
    '--napi',
    '--strip',
    '--name',
    'smug_addon',
    '--node-gyp',
    join(root, 'scripts', 'prebuild-node-gyp.mjs'),
    '--artifacts',
    artifacts,
  ],
  { cwd: root, stdio: 'inherit' },
);
// prebuildify moves the addon out of build/Release: link it again for the checkout.
const relink = spawnSync(process.execPath, [join(root, 'scripts', 'prebuild-node-gyp.mjs'), 'rebuild'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status || relink.status || 0;
if (status === 0) await fillPlatformPackage(join(root, 'prebuilds', `${process.platform}-${process.arch}`));
