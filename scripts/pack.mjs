// `npm run pack -- FOLDER`: the tarballs that a release publishes, in FOLDER: a platform package for every folder of
// packages/ that `npm run prebuild` has filled, and the main package, which names them as optional dependencies.
//
// They stand in the packed manifest only: the checkout's lock file cannot name packages that are not published yet.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './native-deps.mjs';
import { withoutEmptyAddresses } from './release-files.mjs';
import { mainBom } from './sbom.mjs';

/** @returns paths of the tarballs: `main`, and `platforms` by the name of their package */
export function pack(to) {
  mkdirSync(to, { recursive: true });
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const platforms = {};
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    if (!existsSync(join(folder, 'smug_addon.node'))) continue;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (manifest.version !== own.version)
      throw new Error(`packages/${name} is version ${manifest.version}, the package ${own.version}`);
    platforms[manifest.name] = tarball(folder, to);
  }
  const stage = mkdtempSync(join(tmpdir(), 'smug-pack-'));
  try {
    execFileSync('tar', ['-xzf', tarball(root, stage), '-C', stage]);
    const unpacked = join(stage, 'package');
    const names = Object.keys(platforms).sort();
    // Scripts and development's packages are the checkout's.
    const { scripts: _, devDependencies: __, binary: ___, ...manifest } = own;
    const optionalDependencies = Object.fromEntries(names.map((name) => [name, own.version]));
    const packed = {
      ...withoutEmptyAddresses(manifest),
      files: [...manifest.files, 'sbom.json'],
      ...(names.length && { optionalDependencies }),
    };
    for (const [name, content] of Object.entries({ 'package.json': packed, 'sbom.json': mainBom() }))
      writeFileSync(join(unpacked, name), `${JSON.stringify(content, null, 2)}\n`);
    return { main: tarball(unpacked, to), platforms };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function tarball(folder, to) {
  const told = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(to)],
    {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return join(resolve(to), JSON.parse(told)[0].filename);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv[2]) throw new Error('usage: npm run pack -- FOLDER');
  const { main, platforms } = pack(process.argv[2]);
  for (const file of [main, ...Object.values(platforms)]) console.log(file);
}
