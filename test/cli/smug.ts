import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPrinted } from './printed-documents.js';

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const cli = join(projectRoot, 'dist', 'cli.js');

export interface Finished {
  /** null when it had to be killed because it did not end by itself. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Written to its standard input, which then ends; without it there is none. */
  stdin?: string;
  /** Sent once stderr or stdout holds `when`. */
  interrupt?: { when: RegExp };
  seconds?: number;
}

/**
 * Runs `smug …` in a process of its own, as a person would; a process that does not end by itself is killed. Whatever
 * it prints with --json is held against its declaration in `lib/api`.
 */
export async function smug(words: string[], options: RunOptions = {}): Promise<Finished> {
  const finished = await runNode([cli, ...words], options);
  if (words.includes('--json'))
    checkPrinted(
      words[0],
      finished,
      ['--lines', '--watch'].some((flag) => words.includes(flag)),
    );
  return finished;
}

/** Makes a program `smug` at a path, as npm does where the package is installed: the build alone is not executable. */
export function linkSmug(path: string): string {
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, { mode: 0o755 });
  return path;
}

export function runNode(
  words: string[],
  { env, cwd, stdin, interrupt, seconds = 120 }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(stdin);
    const output = { stdout: '', stderr: '' };
    let sent = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.on('data', (chunk) => {
        output[name] += chunk;
        if (!sent && interrupt?.when.test(output.stdout + output.stderr)) {
          sent = true;
          child.kill('SIGINT');
        }
      });
    }
    const limit = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code, ...output });
    });
  });
}

export const digit = (name: number): string => join(projectRoot, 'examples', 'digits', `${name}.png`);
