// `npm run test:clients`: the service under clients that others wrote, installed from PyPI into .bench-env:
//   1. started as KServe starts an explainer, asked by KServe's and by Triton's client; every certificate is verified;
//   2. schemathesis: requests made from /openapi.json, right and wrong ones, 5,000 and more: no 5xx but 503 and 504.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '../bench/solver/python-environment.mjs';
import { root } from './native-deps.mjs';
import { startService } from './service-process.mjs';

const LEAST_REQUESTS = 5000;
const packages = [
  'kserve==0.21.0',
  'tritonclient==2.73.0',
  'geventhttpclient==2.6.1',
  'schemathesis==4.32.5',
];
const own = (name) => join(root, 'scripts', 'clients', name);
const python = await pythonWith(packages, console.error);

await speak();
await malformed();

async function speak() {
  const service = await startService([
    ...['--model', 'builtin:mnist-cnn', '--model_name', 'digits'],
    ...['--predictor_host', 'digits-predictor.default', '--http_port', '0', '--workers', '2'],
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'smug-clients-'));
  try {
    const url = service.url.replace('0.0.0.0', '127.0.0.1');
    const digit = join(root, 'examples', 'digits', '3.png');
    await run(python, [own('speak.py'), url, 'digits', digit, folder]);
    for (const name of (await readdir(folder)).sort()) {
      const words = [join(root, 'dist', 'cli.js'), 'verify', join(folder, name), '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, words);
      const { verdict } = JSON.parse(stdout);
      console.log(`${name}: ${verdict}`);
      if (!verdict.startsWith('verified')) throw new Error(`${name}: ${verdict}`);
    }
  } finally {
    await service.end();
    await rm(folder, { recursive: true });
  }
}

async function malformed() {
  const service = await startService(['--model', 'digits=builtin:mnist-cnn', '--deadline', '20']);
  try {
    const said = await run(join(dirname(python), 'schemathesis'), [
      ...[
        '--config-file',
        own('schemathesis.toml'),
        'run',
        `${service.url}/openapi.json`,
        '--url',
        service.url,
      ],
      ...[
        '--checks',
        'not_a_server_error',
        '--phases',
        'coverage,fuzzing',
        '--max-examples',
        '200',
        '--seed',
        '17',
      ],
      ...['--no-color', '--warnings', 'off'],
    ]);
    const count = Number(/([\d,]+) generated/.exec(said)?.[1].replaceAll(',', ''));
    if (!(count >= LEAST_REQUESTS)) throw new Error(`${count} requests; ${LEAST_REQUESTS} are the least`);
  } finally {
    const status = await service.end();
    if (status !== 0) console.error(service.said());
    process.exitCode ||= status === 0 ? 0 : 1;
  }
}

/** Runs a program, its words shown as they come; @throws where it fails */
function run(command, words) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      said += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(said) : reject(new Error(`${command} ended with status ${status}`)),
    );
  });
}
