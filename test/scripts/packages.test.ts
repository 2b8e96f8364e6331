// What a release is made of: a manifest for every platform, bills of materials that are CycloneDX, a check of processors
// that can fail.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
// @ts-expect-error -- a plain script
import { functionsBeyondV2 } from '../../scripts/oldest-cpu.mjs';
// @ts-expect-error -- a plain script
import { mainBom, platformBom } from '../../scripts/sbom.mjs';
import { projectRoot } from '../cli/smug.js';
import { testWith } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const read = (...parts: string[]) => JSON.parse(readFileSync(join(projectRoot, ...parts), 'utf8'));
const own = read('package.json');

interface Component {
  name: string;
  version: string;
  purl?: string;
  licenses?: unknown[];
  hashes?: { alg: string; content: string }[];
  components?: Component[];
}

test('every platform has a manifest of this version, for itself alone', (t) => {
  const folders = readdirSync(join(projectRoot, 'packages')).filter((name) => name !== 'licences');
  t.deepEqual(folders.sort(), ['darwin-arm64', 'linux-arm64', 'linux-x64', 'win32-x64']);
  for (const folder of folders) {
    const manifest = read('packages', folder, 'package.json');
    const [os, cpu] = folder.split('-');
    t.like(manifest, { name: `smug-explain-${folder}`, version: own.version, os: [os], cpu: [cpu] });
    t.deepEqual(manifest.engines, own.engines);
    t.is(manifest.scripts, undefined, 'no install scripts');
    for (const name of ['*.node', 'native.json', 'sbom.json', 'licences'])
      t.true(manifest.files.includes(name));
    t.is(manifest.libc?.[0], os === 'linux' ? 'glibc' : undefined);
    const readme = readFileSync(join(projectRoot, 'packages', folder, 'README.md'), 'utf8');
    t.true(readme.startsWith(`# smug-explain-${folder}\n`));
  }
  const { oldest } = read('packages', 'linux-x64', 'package.json');
  const readme = readFileSync(join(projectRoot, 'packages', 'linux-x64', 'README.md'), 'utf8');
  t.true(readme.includes(`glibc ${oldest.glibc}`) && readme.includes(`GLIBCXX ${oldest['libstdc++']}`));
  t.true(readme.includes(oldest.cpu));
});

const schemas = join(
  createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'),
  '..',
  'res',
  'schema',
);
const schema = (name: string) =>
  JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8'));
// Formats are those of URLs and mail addresses, of which the bills hold none but `$schema`.
const ajv = new Ajv({ strict: false, validateFormats: false });
for (const name of ['spdx', 'jsf-0.82'])
  ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
const isBom = ajv.compile(schema('bom-1.5'));

test('the bill of the main package names everything that it brings, and is CycloneDX', (t) => {
  const bom = mainBom();
  t.true(isBom(bom), ajv.errorsText(isBom.errors));
  const components = bom.components as Component[];
  for (const [name, wanted] of Object.entries(own.dependencies as Record<string, string>)) {
    const found = components.find((component) => component.name === name);
    t.truthy(found?.hashes?.length, name);
    if (/^\d/.test(wanted)) t.is(found!.version, wanted);
  }
  // One that knip, a development package, brings as well; and one two steps away.
  for (const name of ['tinyglobby', 'picomatch', 'long'])
    t.true(
      components.some((component) => component.name === name),
      name,
    );
  for (const name of ['fastify', 'ava', 'typescript'])
    t.false(
      components.some((component) => component.name === name),
      name,
    );
  t.true(
    components.every(({ licenses }) => licenses?.length),
    'each has its licence',
  );
  t.deepEqual(mainBom(), bom, 'the same lock file, the same bill');
});

test('the bill of a platform names every library with its version, licence and checksum', (t) => {
  const folder = temporaryFolder('bom', t);
  cpSync(join(projectRoot, 'packages', 'linux-x64', 'package.json'), join(folder, 'package.json'));
  const contents = {
    'libz3.so.5.4': 'Z3',
    'libz.so.1': ' inflate 1.2.13 Copyright',
    'libgomp.so.1': 'gomp',
    'smug_addon.node': 'addon',
  };
  const files: Record<string, { sha256: string }> = {};
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(folder, name), content);
    files[name] = { sha256: createHash('sha256').update(content).digest('hex') };
  }
  const bom = platformBom(folder, files, { compiler: '12.2.0', cuda: true });
  t.true(isBom(bom), ajv.errorsText(isBom.errors));
  const components = bom.components as Component[];
  t.deepEqual(
    Object.fromEntries(
      components.filter((part) => part.components).map(({ name, version }) => [name, version]),
    ),
    { Z3: '5.4.0.0', zlib: '1.2.13', libgomp: '12.2.0', smug_addon: own.version },
  );
  t.deepEqual(
    components.flatMap(({ components: inside = [] }) =>
      inside.map(({ name, hashes }) => [name, hashes![0].content]),
    ),
    Object.entries(files).map(([name, { sha256 }]) => [name, sha256]),
  );
  t.true(components.some(({ name }) => name === 'CUDA runtime'));
  t.throws(() => platformBom(folder, { 'libsurprise.so.1': { sha256: '' } }, { compiler: '', cuda: false }), {
    message: /origin and licence of libsurprise/,
  });
});

const tools =
  process.arch === 'x64' && ['c++', 'objdump'].every((name) => spawnSync(name, ['--version']).status === 0);

testWith({ missing: tools ? null : 'no c++ and objdump for x86-64 here', required: false })(
  'instructions of newer processors are found out, but for those chosen at run time',
  async (t) => {
    const folder = temporaryFolder('cpu', t);
    const compiled = async (attribute: string) => {
      const [source, file] = [join(folder, 'f.cc'), join(folder, 'f.so')];
      writeFileSync(
        source,
        `extern "C" ${attribute} void twice(float* x) { for (int i = 0; i < 64; ++i) x[i] *= 2; }`,
      );
      t.is(spawnSync('c++', ['-O3', '-shared', '-fPIC', '-o', file, source]).status, 0);
      return [...(await functionsBeyondV2(file)).keys()];
    };
    t.deepEqual(await compiled(''), []);
    t.deepEqual(await compiled('__attribute__((target("avx2")))'), ['twice']);
    t.deepEqual(await compiled('__attribute__((target_clones("avx2", "default")))'), []);
    t.deepEqual(await compiled('__attribute__((target("sse4.2")))'), []);
  },
);
