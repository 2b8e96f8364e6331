// What the tarballs hold: all that is needed, with its licence and checksum, and nothing else.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

const bytesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, path, name }) => sum + statSync(join(parentPath ?? path, name)).size, 0);

const licenceOf = { libdnnl: 'oneDNN', libz3: 'Z3', libhighs: 'HiGHS', libgomp: 'libgomp', libz: 'zlib' };

export function checkMain(check, { installed }, tarball) {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter(
    (name) => manifest.scripts?.[name],
  );
  check('has no install scripts', hooks.length === 0, hooks.join(', '));
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const stray = listed.filter(
    (name) =>
      !/^package\/((dist|cjs|models)\/.*|examples\/digits\/\d\.png|examples\/(full-encoding|top-k-and-gamma|two-cats)\/.*|docs\/[\w-]+\.(md|png|svg)|bench\/results\/[\w-]+\.md|scripts\/check_certificate\.py|[A-Z]+(\.md)?|(package|sbom)\.json)$/.test(
        name,
      ),
  );
  check(
    'the tarball holds the library, the models, its documents and demonstrations only',
    stray.length === 0,
    stray.join(),
  );
  const documents = listed
    .map((name) => name.slice('package/'.length))
    .filter((name) => name.endsWith('.md'));
  const dead = documents.flatMap((name) =>
    [...readFileSync(join(installed, name), 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link]) => link)
      .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(installed, name, '..', link)))
      .map((link) => `${name}: ${link}`),
  );
  check('links and pictures of its documents are in it', dead.length === 0, dead.join(', '));
  const bom = JSON.parse(readFileSync(join(installed, 'sbom.json'), 'utf8'));
  const named = bom.components.map(({ name }) => name);
  check(
    'its bill of materials names every dependency',
    Object.keys(manifest.dependencies).every((name) => named.includes(name)),
  );
  check('the main package is below 15 MB', bytesIn(installed) < 15e6, bytesIn(installed));
}

export function checkPlatform(check, { platformFolder, node }, tarball) {
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const stray = listed.filter(
    (name) =>
      !/^package\/(licences\/.*|[\w.]+\.so[.\d]*|smug_addon\.node|README\.md|(package|native|sbom)\.json)$/.test(
        name,
      ),
  );
  check('the platform package holds binaries, licences and checksums only', stray.length === 0, stray.join());
  // With CUDA inside as well: its runtime is linked statically, the driver is looked for when it is asked for.
  check('the platform package is below 110 MB', bytesIn(platformFolder) < 110e6, bytesIn(platformFolder));
  const { files } = JSON.parse(readFileSync(join(platformFolder, 'native.json'), 'utf8'));
  const sha256 = (name) =>
    createHash('sha256')
      .update(readFileSync(join(platformFolder, name)))
      .digest('hex');
  check(
    'its checksums hold',
    Object.entries(files).every(([name, file]) => sha256(name) === file.sha256),
  );
  const bom = JSON.parse(readFileSync(join(platformFolder, 'sbom.json'), 'utf8'));
  const hashes = bom.components.flatMap(({ components = [] }) => components.flatMap((file) => file.hashes));
  check(
    'its bill of materials has the same checksums',
    Object.values(files).every((file) => hashes.some(({ content }) => content === file.sha256)),
  );
  const licences = readdirSync(join(platformFolder, 'licences')).join(' ');
  for (const name of Object.keys(files).filter((file) => file.includes('.so'))) {
    const licence = licenceOf[name.split('.')[0]];
    check(`${name}: its licence is there`, licence !== undefined && licences.includes(licence));
  }
  if (process.platform !== 'linux') return;
  const addon = JSON.stringify(join(platformFolder, 'smug_addon.node'));
  const maps = `require(${addon}); console.log(require('node:fs').readFileSync('/proc/self/maps', 'utf8'))`;
  const mapped = node(['-e', maps]).stdout;
  check(
    'every library comes from beside the addon',
    Object.keys(files).every((name) => mapped.includes(join(realpathSync(platformFolder), name))),
    mapped,
  );
}
