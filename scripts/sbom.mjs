// Bills of materials in CycloneDX 1.5: `sbom.json` of the main package (its npm dependencies, from the lock file) and of a
// platform's package (the libraries inside it, from the pinned wheels). The same input gives the same bytes: no dates, and
// a serial number made from the content.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native-deps.mjs';

const read = (...parts) => JSON.parse(readFileSync(join(root, ...parts), 'utf8'));

/**
 * What a file of a platform's package is made from. Its version is that of the pinned wheel that carries it, or else
 * `version` finds it out. `texts`: its licence, in packages/licences.
 */
const origins = {
  smug_addon: {
    name: 'smug_addon',
    version: ({ manifest }) => manifest.version,
    licence: id('Apache-2.0'),
    texts: [],
  },
  libz3: { name: 'Z3', wheel: 'z3', licence: id('MIT'), texts: ['Z3-LICENSE.txt'] },
  libhighs: {
    name: 'HiGHS',
    wheel: 'highs',
    licence: id('MIT'),
    texts: ['HiGHS-LICENSE.txt', 'HiGHS-THIRD_PARTY_NOTICES.md'],
  },
  libdnnl: {
    name: 'oneDNN',
    wheel: 'onednn',
    licence: id('Apache-2.0'),
    texts: ['oneDNN-LICENSE.txt', 'oneDNN-THIRD-PARTY-PROGRAMS.txt'],
  },
  libz: {
    name: 'zlib',
    version: ({ path }) => readFileSync(path, 'latin1').match(/ inflate (\d[\d.]+) /)[1],
    licence: id('Zlib'),
    texts: ['zlib-LICENSE.txt'],
  },
  libgomp: {
    name: 'libgomp',
    version: ({ compiler }) => compiler,
    licence: { expression: 'GPL-3.0-or-later WITH GCC-exception-3.1' },
    texts: ['libgomp-COPYING.txt'],
  },
};

/**
 * Of everything that `dependencies` in package.json brings with it; optional peers are their users' own.
 * `npm sbom --omit dev` would leave out what a development package needs as well, so npm lists all and this follows the
 * edges.
 */
export function mainBom() {
  const own = read('package.json');
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--package-lock-only'];
  const told = execFileSync('npm', words, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { components, dependencies, metadata } = JSON.parse(told);
  const edges = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const top = metadata.component['bom-ref'];
  const named = (ref) => ref.slice(0, ref.lastIndexOf('@'));
  const firsts = edges.get(top).filter((ref) => named(ref) in own.dependencies);
  const reached = new Set(firsts);
  for (const ref of reached) for (const next of edges.get(ref) ?? []) reached.add(next);
  return bom(
    { ...metadata.component, name: own.name },
    components.filter((component) => reached.has(component['bom-ref'])),
    [{ ref: top, dependsOn: firsts }, ...dependencies.filter(({ ref }) => reached.has(ref))],
  );
}

/**
 * @param folder of the platform's package, filled
 * @param files name → { sha256 }, as in native.json
 * @param {{ compiler: string, cuda: boolean }} built the compiler's version, and whether the CUDA engine is inside
 */
export function platformBom(folder, files, { compiler, cuda }) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const pinned = read('scripts', 'native-deps.lock.json')[`${manifest.os[0]}-${manifest.cpu[0]}`] ?? {};
  const parts = Object.entries(files).map(([file, { sha256 }]) => {
    const { name, wheel, version, licence } = originOf(file);
    const known =
      wheel && pinned[wheel]
        ? fromWheel(name, pinned[wheel].wheel, licence)
        : component(name, version?.({ manifest, compiler, path: join(folder, file) }), undefined, licence);
    const content = { type: 'file', 'bom-ref': `file:${file}`, name: file };
    return { ...known, components: [{ ...content, hashes: [{ alg: 'SHA-256', content: sha256 }] }] };
  });
  // Compiled into the addon.
  const napi = read('node_modules', 'node-addon-api', 'package.json');
  parts.push(component(napi.name, napi.version, `pkg:npm/${napi.name}@${napi.version}`, id('MIT')));
  if (cuda) {
    const licence = { license: { name: 'NVIDIA CUDA Toolkit End User License Agreement' } };
    parts.push(fromWheel('CUDA runtime', pinned['cuda-runtime'].wheel, licence));
  }
  const ref = `${manifest.name}@${manifest.version}`;
  const { name, version, description } = manifest;
  const self = { 'bom-ref': ref, type: 'library', name, version, description, purl: `pkg:npm/${ref}` };
  return bom(self, parts, [{ ref, dependsOn: parts.map((part) => part['bom-ref']) }]);
}

/** Texts of packages/licences that go with these files. */
export function licencesOf(files, { cuda }) {
  const texts = files.flatMap((file) => originOf(file).texts);
  return [...new Set(cuda ? [...texts, 'CUDA-EULA.txt'] : texts)];
}

function originOf(file) {
  const origin = origins[file.split('.')[0]];
  if (!origin) throw new Error(`nothing is known of the origin and licence of ${file}`);
  return origin;
}

function id(spdx) {
  return { license: { id: spdx } };
}

function fromWheel(name, wheel, licence) {
  const [pypi, version] = wheel.split('==');
  return component(name, version, `pkg:pypi/${pypi}@${version}`, licence);
}

/** `version` is undefined where a builder's own library was taken instead of the pinned one. */
function component(name, version, purl, licence) {
  const ref = version ? `${name}@${version}` : name;
  const self = { 'bom-ref': ref, type: 'library', name, ...(version && { version }), licenses: [licence] };
  return purl ? { ...self, purl } : self;
}

function bom(self, components, dependencies) {
  const content = { metadata: { component: self }, components, dependencies };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  // The form of a random UUID (RFC 9562, version 8: bits of one's own).
  const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    ...content,
  };
}
