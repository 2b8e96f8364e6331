// Every command and every program of the documentation is run, in a project that has the package installed, page by page in
// the order of the page. What cannot run here says where it is run.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
// @ts-expect-error -- the site's own configuration
import { sections } from '../../docs/.vitepress/sections.mjs';
import { linkSmug, projectRoot } from '../cli/smug.js';
import { classifierFolder } from '../support/classifier-folder.js';
import { solverAddon, testWith } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { blocksOf, pages, type Block } from './pages.js';

const languages = new Set(['sh', 'js', 'ts', 'json', '', 'text']);
/** Without the addon everything takes three times as long; that it gives the same is what the other tests say. */
const documented = testWith(solverAddon, {
  missing: spawnSync('bash', ['--version']).status === 0 ? null : 'no bash here',
  required: false,
});

/** What the pages take for granted: the package, some pictures, a model, texts. */
function project(t: ExecutionContext): string {
  const home = temporaryFolder('docs', t);
  const link = (target: string, name: string) => symlinkSync(join(projectRoot, target), join(home, name));
  mkdirSync(join(home, 'node_modules', '.bin'), { recursive: true });
  link('.', 'node_modules/smug-explain');
  linkSmug(join(home, 'node_modules', '.bin', 'smug'));
  link('node_modules/.bin/esbuild', 'node_modules/.bin/esbuild');
  for (const name of ['examples', 'dist']) link(name, name);
  // A folder of models of one's own; this stands in for the one that the page of the service names.
  mkdirSync(join(home, 'models'));
  link('models/mnist-cnn', 'models/squeezenet1.1');
  link('models/mnist-cnn', 'MODEL');
  mkdirSync(join(home, 'my-classifier'));
  classifierFolder(-1, join(home, 'my-classifier'));
  const labels = ['file\tclass_index'];
  for (const folder of ['photos', 'PHOTOS']) mkdirSync(join(home, folder));
  for (const digit of [3, 7]) {
    for (const folder of ['photos', 'PHOTOS'])
      cpSync(join(projectRoot, 'examples', 'digits', `${digit}.png`), join(home, folder, `${digit}.png`));
    labels.push(`${digit}.png\t${digit}`);
  }
  const write = (name: string, text: string) => writeFileSync(join(home, name), text);
  write('labels.tsv', `${labels.join('\n')}\n`);
  write('review.txt', 'A moving film with a wonderful cast.\n');
  write('sentences.txt', 'A dull and lifeless film.\nWarm, funny and beautifully played.\n');
  write('reviews.jsonl', '{"text": "A warm and funny film.", "class_index": 1}\n');
  write('app.js', "import { solveMask } from 'smug-explain';\nconsole.log(typeof solveMask);\n");
  write('package.json', '{ "name": "reader", "private": true, "type": "module" }');
  return home;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A block as a script. A server is started, waited for, and ended with the script; it listens on a port that is free here.
 * Packages that a reader installs are there already: that each is one of this package's own peers is checked instead.
 */
function script(text: string, port: number, peers: Record<string, string>): string {
  const lines = text.split('\n').map((line) => {
    const installs = line.match(/^npm install (?!smug-explain)(.*?)(?:\s+#.*)?$/)?.[1].split(' ');
    for (const name of installs ?? [])
      if (!(name in peers)) throw new Error(`${name} is no peer of the package`);
    if (installs) return '';
    if (!/^(npx )?(smug|node dist\/cli\.js) serve /.test(line))
      return line.replaceAll('localhost:8080', `localhost:${port}`);
    // Without npx, which would be what is ended, and not the server.
    const served = `${line
      .replace(/^npx /, '')
      .replace(/ --port \d+/, '')
      .replace(/\s+#.*$/, '')} --port ${port}`;
    return (
      `${served} & server=$!; trap 'kill $server; wait $server' EXIT\n` +
      `until curl -sf localhost:${port}/readyz >/dev/null; do kill -0 $server || exit 1; sleep 0.1; done`
    );
  });
  return `set -euo pipefail\n${lines.join('\n')}\n`;
}

function run(
  command: string,
  words: string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const PATH = `${join(cwd, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
    const child = spawn(command, words, {
      cwd,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    // A program that hangs is a failure of its page, not of the whole run.
    const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.on('error', reject);
    child.on('exit', () => clearTimeout(limit));
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function runBlock({ language, text, place }: Block, home: string, peers: Record<string, string>) {
  if (language === 'sh') return run('bash', ['-c', script(text, await freePort(), peers)], home);
  const file = `${place.replace(/\W+/g, '-')}.mjs`;
  writeFileSync(join(home, file), text);
  return run(process.execPath, [file], home);
}

for (const page of pages()) {
  const blocks = blocksOf(page);
  const runnable = blocks.filter(({ language, elsewhere }) => ['sh', 'js'].includes(language) && !elsewhere);
  if (runnable.length === 0) continue;
  documented(`${page}: its commands and programs run`, async (t) => {
    const { peerDependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
    const home = project(t);
    for (const block of runnable) {
      const { code, output } = await runBlock(block, home, peerDependencies);
      t.is(code, 0, `${block.place}\n${block.text}\n${output}`);
      if (block.prints)
        t.true(output.replace(/\s+/g, ' ').includes(block.prints), `${block.place} prints\n${output}`);
    }
  });
}

test('every block of every page is of a known language; JSON parses; what is run elsewhere says where', (t) => {
  let count = 0;
  for (const block of pages().flatMap(blocksOf)) {
    count += 1;
    t.true(languages.has(block.language), block.place);
    if (block.language === 'json' && !/…|\.\.\./.test(block.text))
      t.notThrows(() => JSON.parse(block.text), block.place);
    if (block.elsewhere !== undefined) t.regex(block.elsewhere, /\S+ \S+/, block.place);
  }
  t.true(count > 20);
});

test('every page stands in the sidebar of the site, and every entry of the sidebar is a page', (t) => {
  const entries = sections as { pages: [string, string][] }[];
  const listed = entries.flatMap(({ pages: inSection }) => inSection.map(([link]) => link));
  const made = ['reference/commands', 'reference/options', 'reference/library'];
  const written = pages()
    .filter((page) => page !== 'README.md' && page !== join('docs', 'index.md'))
    .map((page) => page.slice('docs/'.length, -'.md'.length));
  t.deepEqual([...listed].sort(), [...written, ...made].sort());
});
