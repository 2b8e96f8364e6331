// `npm run release -- [VERSION] [--dry-run] [--to FOLDER]`: all that a release needs up to publishing. VERSION is that of
// package.json unless given. docs/releasing.md is written for people.
//
//   1. version      the same in every manifest and in the lock file
//   2. changelog    what is unreleased becomes the version's section, with today's date
//   3. packages     TypeScript, this platform's binaries, tarballs, publint and are-the-types-wrong on them
//   4. use          scripts/check-package.mjs: installed and used as a stranger would
//   5. papers       SHA256SUMS, bills of materials and the notes beside the tarballs
//   6. publishing   `npm publish --dry-run` of every tarball, and the commands that publish; refused while package.json
//                   names no repository
//
// It never publishes. With --dry-run every file of the checkout is afterwards what it was. SMUG_PREBUILT=1 takes the
// platform's package as it was filled before.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './native-deps.mjs';
import { pack } from './pack.mjs';
import { changedFiles, checkVersion, publishingObstacle } from './release-files.mjs';

const { values, positionals } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false }, to: { type: 'string', default: 'release' } },
  allowPositionals: true,
});
const dry = values['dry-run'];
const to = resolve(root, values.to);
const { version: current, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const version = positionals[0] ?? current;

function run(what, command, words, options = {}) {
  console.log(`\n── ${what}`);
  execFileSync(command, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

/** What stands between this checkout and a release; a dry run only tells. */
function obstacles() {
  const changed = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], {
    cwd: root,
    encoding: 'utf8',
  });
  return changed ? [`the checkout has changes that are not committed:\n${changed.trimEnd()}`] : [];
}

function makePackages() {
  const tool = (...path) => join(root, 'node_modules', ...path);
  run('TypeScript', 'npm', ['run', '--silent', 'build']);
  if (process.env.SMUG_PREBUILT === '1')
    run('papers of the binaries', process.execPath, ['scripts/platform-package.mjs', 'build/Release']);
  else
    run('binaries', process.execPath, ['scripts/prebuild.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  run('the packages, used', process.execPath, ['scripts/check-package.mjs'], {
    env: { ...process.env, SMUG_PREBUILT: '1' },
  });
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const { main, platforms } = pack(to);
  run('publint', process.execPath, [tool('publint', 'src', 'cli.js'), 'run', main, '--strict']);
  run('are the types wrong', process.execPath, [
    tool('@arethetypeswrong', 'cli', 'dist', 'index.js'),
    ...[main, '--profile', 'node16', '--quiet'],
  ]);
  // Platforms first: the main package names them.
  return [...Object.values(platforms), main];
}

function papers(tarballs, notes) {
  const sums = tarballs.map((file) => {
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    const words = ['-xzOf', file, 'package/sbom.json'];
    const bom = execFileSync('tar', words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
    writeFileSync(file.replace(/\.tgz$/, '.sbom.json'), bom);
    return `${hash}  ${basename(file)}\n`;
  });
  writeFileSync(join(to, 'SHA256SUMS'), sums.join(''));
  writeFileSync(join(to, 'NOTES.md'), `${notes}\n`);
}

checkVersion(version, current);
const open = obstacles();
for (const line of open) console.log(`${dry ? 'open' : 'release refused'}: ${line}`);
if (open.length && !dry) process.exit(1);
const { files, notes } = changedFiles(version, new Date().toISOString().slice(0, 10));
const before = Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(join(root, name))]));
let done = false;
try {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const tarballs = makePackages();
  papers(tarballs, notes);
  const publish = ['publish', '--access', 'public', ...(version.includes('-') ? ['--tag', 'next'] : [])];
  for (const file of tarballs)
    run(`npm publish --dry-run ${basename(file)}`, 'npm', [...publish, '--dry-run', '--silent', file]);
  done = true;
  const refused = publishingObstacle(manifest);
  console.log(`\nsmug-explain ${version} in ${to}. ${refused ?? 'What publishes it, in this order:'}`);
  if (!refused) for (const file of tarballs) console.log(`  npm ${publish.join(' ')} --provenance ${file}`);
  else if (!dry) process.exitCode = 1;
} finally {
  // A release that failed leaves no half of one behind.
  if (dry || !done)
    for (const [name, bytes] of Object.entries(before)) writeFileSync(join(root, name), bytes);
}
if (!dry) console.log(`Commit ${Object.keys(files).join(', ')} as ${version} and tag v${version}.`);
