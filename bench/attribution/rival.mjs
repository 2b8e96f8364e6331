// PyTorch and Captum in a Python environment of the bench's own, one process that answers requests line by line.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environment } from '../networks/packaged-models.mjs';

const run = promisify(execFile);
const requirements = ['torch==2.13.0', 'captum==0.8.0', 'numpy'];

/** Makes the environment if it is not there: a few gigabytes from PyPI, once. */
async function pythonOf(log) {
  const folder = join(environment, 'python');
  const python = join(folder, 'bin', 'python');
  const works =
    existsSync(python) &&
    (await run(python, ['-c', 'import torch, captum']).then(
      () => true,
      () => false,
    ));
  if (!works) {
    log(`making ${folder} with ${requirements.join(', ')}`);
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements], {
      maxBuffer: 2 ** 26,
    });
  }
  return python;
}

/** Writes a tail as rival.py reads it and returns its folder. */
export async function exportTail(name, tail) {
  const folder = join(environment, 'tails', name.replaceAll(/[^a-z0-9]+/gi, '-'));
  await mkdir(folder, { recursive: true });
  const files = {};
  const constants = {};
  for (const [constant, tensor] of tail.constants) {
    files[constant] = `${Object.keys(files).length}`;
    constants[constant] = tensor.shape;
    await writeFile(join(folder, `${files[constant]}.bin`), Buffer.from(tensor.data.slice().buffer));
  }
  const graph = { nodes: tail.nodes, input: tail.inputs[0], output: tail.outputs[0], constants, files };
  const plain = (_, value) => (value === Infinity ? 3.4e38 : value === -Infinity ? -3.4e38 : value);
  await writeFile(join(folder, 'graph.json'), JSON.stringify(graph, plain));
  return folder;
}

/** Starts the process; `ask` sends a request { folder, activation, shape, target } with a method, or with boxes and a batch. */
export async function startRival(threads, log) {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'rival.py');
  const child = spawn(await pythonOf(log), [script, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('rival.py ended; its error stands above');
    return JSON.parse(value);
  };
  const { torch } = await next();
  return {
    version: torch,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}
