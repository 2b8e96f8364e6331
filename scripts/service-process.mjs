// `smug serve` in a process of its own, for the soak and the benchmark of the service.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native-deps.mjs';

/** Starts it on a free port; resolves once it listens. `end(signal)` gives its exit status. */
export async function startService(words, env = {}) {
  const port = words.some((word) => word.startsWith('--http_port')) ? [] : ['--port', '0'];
  const child = spawn(process.execPath, [join(root, 'dist', 'cli.js'), 'serve', ...port, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  const exit = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  const url = await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-20_000);
      const match = /at (http:\/\/\S+) /.exec(said);
      if (match) resolve(match[1]);
    });
    void exit.then(() => reject(new Error(said)));
  });
  return {
    url,
    exit,
    said: () => said,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
    /** One of its metrics, without labels; NaN where it is not there. */
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return exit;
    },
  };
}
