import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../cli/smug.js';

const cli = join(projectRoot, 'dist', 'cli.js');
const faults = pathToFileURL(join(projectRoot, 'test', 'queue', 'faults.mjs')).href;

export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningWorker {
  child: ChildProcess;
  ended: Promise<WorkerEnd>;
}

/** `smug worker` in a process of its own; with `faulty`, names of files make it fail. */
export function startWorker(
  words: string[],
  { faulty = false, env = {} as Record<string, string> } = {},
): RunningWorker {
  const child = spawn(
    process.execPath,
    [...(faulty ? ['--import', faults] : []), cli, 'worker', ...words, '--json'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SMUG_THREADS: '1', ...env },
    },
  );
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.on('data', (chunk) => (output[name] += chunk));
  const ended = new Promise<WorkerEnd>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended };
}

/** Keeps a worker running, started anew whenever it dies, until one ends by itself; says how many died. */
export async function untilDone(start: () => RunningWorker): Promise<{ deaths: number; last: WorkerEnd }> {
  for (let deaths = 0; ; deaths++) {
    const last = await start().ended;
    if (last.signal === null || deaths > 50) return { deaths, last };
  }
}
