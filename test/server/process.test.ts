// The service as a process: KServe's flags, and an end that loses nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../cli/smug.js';
import { ask, digit, imageRequest, jsonOf, jsonRequest } from './digits-service.js';

interface Started {
  child: ChildProcess;
  url: string;
  stderr: () => string;
  exit: Promise<number | null>;
}

/** `smug serve` in a process of its own, once it says where it listens. */
async function start(t: ExecutionContext, words: string[], env = {}): Promise<Started> {
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'cli.js'), 'serve', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stderr = '';
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
      const match = /at (http:\/\/\S+) /.exec(stderr);
      if (match) resolve(match[1]);
    });
    void exit.then(() => reject(new Error(stderr)));
  });
  return { child, url, stderr: () => stderr, exit };
}

test('SIGTERM: what was accepted is answered, then the process ends with status 0', async (t) => {
  const { child, url, exit } = await start(t, ['--model', 'builtin:mnist-cnn', '--port', '0']);
  const image = await digit(3);
  const asked = Array.from({ length: 6 }, (_, seed) =>
    fetch(`${url}/v1/explain?gamma=0.5&seed=${seed}`, imageRequest(image)),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill('SIGTERM');
  const answers = await Promise.all(asked);
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 200],
  );
  for (const answer of answers) t.is((await jsonOf(answer)).target.label, '3');
  t.is(await exit, 0);
  await t.throwsAsync(fetch(`${url}/healthz`));
});

test('started as KServe starts an explainer: its flags are taken, others of its kind reported', async (t) => {
  const { child, url, stderr, exit } = await start(t, [
    '--model=builtin:mnist-cnn',
    '--model_name',
    'my-digits',
    '--predictor_host',
    'somewhere.default',
    '--http_port=0',
    '--workers',
    '2',
    '--enable_docs_url=true',
  ]);
  const reachable = url.replace('0.0.0.0', '127.0.0.1');
  const body = { instances: [{ b64: (await digit(3)).toString('base64') }], parameters: { gamma: 0.5 } };
  const answer = await ask(`${reachable}/v1/models/my-digits:explain`, jsonRequest(body));
  t.is(answer.predictions[0].label, '3');
  for (const flag of ['predictor_host', 'workers', 'enable_docs_url'])
    t.true(stderr().includes(`--${flag}`), flag);
  child.kill('SIGTERM');
  t.is(await exit, 0);
});

test('the token of the environment is asked for', async (t) => {
  const words = ['--model', 'builtin:mnist-cnn', '--port', '0', '--host', '0.0.0.0'];
  const { child, url, exit } = await start(t, words, { SMUG_TOKEN: 'a long secret' });
  const reachable = url.replace('0.0.0.0', '127.0.0.1');
  t.is((await fetch(`${reachable}/v1/models`)).status, 401);
  const headers = { authorization: 'Bearer a long secret' };
  t.is((await fetch(`${reachable}/v1/models`, { headers })).status, 200);
  child.kill('SIGTERM');
  t.is(await exit, 0);
});
