// Where the package is run: in worker threads, several at once; twice in one process; under Node's permission model; out
// of a bundle.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** As source: the digit explained by a copy of the package; what ran, in one object. */
const explainDigit = `async ({ loadModel, explainImage }, digit) => {
  const model = await loadModel('builtin:mnist-cnn');
  try {
    const found = await explainImage(model, digit, { gamma: 0.5 });
    const { mask, certificate, engine, solver } = found;
    return { size: mask.size, status: certificate.status, engine, solver };
  } finally {
    model.dispose();
  }
}`;

const digitOf = (installed) => JSON.stringify(join(installed, 'examples', 'digits', '3.png'));

const told = ({ stdout, stderr, status }) => {
  if (status !== 0) throw new Error(`status ${status}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
};
const agree = (results, solver) =>
  results.every((result) => result.status === 'optimal' && result.solver === solver) &&
  new Set(results.map(({ size }) => size)).size === 1;

export function checkThreads(check, { home, installed, node }, solver) {
  writeFileSync(
    join(home, 'threads.mjs'),
    `import { Worker, isMainThread, parentPort } from 'node:worker_threads';
    const explain = async () => (${explainDigit})(await import('smug-explain'), ${digitOf(installed)});
    if (!isMainThread) parentPort.postMessage(await explain());
    else {
      const inThread = () => new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url));
        let result;
        worker.on('message', (message) => { result = message; });
        worker.on('error', reject);
        worker.on('exit', (code) => code === 0 && result ? resolve(result) : reject(new Error('exit ' + code)));
      });
      const alone = await inThread();
      console.log(JSON.stringify([alone, ...await Promise.all([inThread(), inThread(), inThread(), explain()])]));
    }`,
  );
  const results = told(node(['threads.mjs']));
  check(
    'in a worker thread, then in three and the main one at once, which end',
    agree(results, solver),
    JSON.stringify(results),
  );
}

export function checkTwoCopies(check, { home, other, installed, node }, solver) {
  const copies = [home, other].map((folder) => join(folder, 'node_modules', 'smug-explain'));
  writeFileSync(
    join(home, 'copies.mjs'),
    `import { pathToFileURL } from 'node:url';
    const copies = await Promise.all(${JSON.stringify(copies)}.map((folder) => import(pathToFileURL(folder + '/dist/index.js'))));
    const explain = ${explainDigit};
    const results = await Promise.all(copies.map((copy) => explain(copy, ${digitOf(installed)})));
    console.log(JSON.stringify({ results, apart: copies[0].explainImage !== copies[1].explainImage }));`,
  );
  const { results, apart } = told(node(['copies.mjs']));
  check('two copies in one process', apart && agree(results, solver), JSON.stringify(results));
}

export function checkPermission(check, { home, installed, node }, native, work) {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  if (!flag) {
    console.log('skipped: this Node has no permission model');
    return;
  }
  writeFileSync(
    join(home, 'permission.mjs'),
    `import * as smug from 'smug-explain';
    const explain = ${explainDigit};
    const raw = { width: 28, height: 28, channels: 1, data: Uint8Array.from({ length: 784 }, (_, i) => (i % 28 > 11 && i % 28 < 15 ? 255 : 0)) };
    const file = await explain(smug, ${digitOf(installed)}).catch(({ code, message }) => ({ code, message }));
    console.log(JSON.stringify({ file, raw: await explain(smug, raw), attempts: (await smug.capabilities()).addon.attempts }));`,
  );
  const run = (...more) =>
    told(
      node(['--no-warnings', flag, '--allow-fs-read=*', '--allow-worker', ...more, 'permission.mjs'], {
        // Nothing remembered: no child may be started that would try the addon first.
        env: { XDG_CACHE_HOME: join(work, 'empty') },
      }),
    );
  const addons = run('--allow-addons');
  check(
    `under ${flag}: explains with addons allowed`,
    agree([addons.file], native ? 'libz3' : 'z3-wasm') && addons.raw.status === 'optimal',
    JSON.stringify(addons),
  );
  const bare = run();
  check(
    `under ${flag}: explains pixels on WebAssembly without, and says what a file needs`,
    agree([bare.raw], 'z3-wasm') && /--allow-addons/.test(bare.file.message),
    JSON.stringify(bare),
  );
}

/** The package itself stays outside of a bundle: it starts threads from its own files, beside which its models lie. */
export async function checkBundle(check, { home, installed, node }, solver) {
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ]) {
    const outfile = join(home, 'bundle', `app.${extension}`);
    await build({
      stdin: {
        contents: `import * as smug from 'smug-explain';
          (${explainDigit})(smug, ${digitOf(installed)}).then((result) => console.log(JSON.stringify(result)));`,
        resolveDir: home,
      },
      bundle: true,
      platform: 'node',
      format,
      outfile,
      external: ['smug-explain'],
      logLevel: 'error',
    });
    const result = told(node([outfile]));
    check(`out of an esbuild bundle (${format})`, agree([result], solver), JSON.stringify(result));
  }
}
