// Packs the packages as they would be published and uses them as a stranger would: installed from the tarballs into an
// empty folder, without network, compilers and install scripts (packed/stranger.mjs).
//
// SMUG_PREBUILT=1 takes the platform's package as it was filled before, instead of running `npm run prebuild`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './native-deps.mjs';
import { pack } from './pack.mjs';
import { checkMain, checkPlatform } from './packed/contents.mjs';
import { checkColdStart, checkModules, checkTypes } from './packed/entries.mjs';
import { checkBundle, checkPermission, checkThreads, checkTwoCopies } from './packed/runtime.mjs';
import { checkStates } from './packed/states.mjs';
import { stranger } from './packed/stranger.mjs';

const work = mkdtempSync(join(tmpdir(), 'smug-package-'));
let passed = 0;
function check(what, condition, detail = '') {
  if (!condition) throw new Error(`packed package: ${what} ${detail}`);
  passed += 1;
  console.log(`ok: ${what}`);
}

try {
  const native = existsSync(join(root, 'build', 'Release', 'smug_addon.node'));
  if (native && process.env.SMUG_PREBUILT !== '1')
    execFileSync(process.execPath, [join(root, 'scripts', 'prebuild.mjs')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const { main, platforms } = pack(join(work, 'tarballs'));
  const platform = platforms[`smug-explain-${process.platform}-${process.arch}`];
  check('the platform package is packed', !native || platform !== undefined);
  const app = stranger(work, [main, ...(native ? [platform] : [])]);
  check(`installed without compilers; network: ${app.network}`, existsSync(app.installed));
  checkMain(check, app, main);
  if (native) checkPlatform(check, app, platform);
  checkColdStart(check, app);
  const solver = native ? 'libz3' : 'z3-wasm';
  checkModules(check, app, solver);
  checkTypes(check, app);
  checkThreads(check, app, solver);
  checkTwoCopies(check, app, solver);
  checkPermission(check, app, native, work);
  await checkBundle(check, app, solver);
  checkStates(check, app, native, work);
  console.log(`${passed} passed, 0 failed`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
