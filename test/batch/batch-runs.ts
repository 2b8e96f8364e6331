import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../cli/printed-documents.js';
import { digit, projectRoot } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const cli = join(projectRoot, 'dist', 'cli.js');

export const home = () => temporaryFolder('batch');

/** A folder with `count` pictures of digits in two folders below it. */
export function pictures(folder: string, count: number): string {
  const photos = join(folder, 'photos');
  for (let at = 0; at < count; at++) {
    const below = join(photos, at % 2 === 0 ? 'a' : 'b');
    mkdirSync(below, { recursive: true });
    copyFileSync(digit(at % 10), join(below, `${String(at).padStart(3, '0')}.png`));
  }
  return photos;
}

/** `smug batch` with the built-in model that is quickest. */
export const batchOf = (inputs: string[], out: string, more: string[] = []) => [
  'batch',
  ...inputs,
  '--model',
  'builtin:mnist-fc',
  '--gamma',
  '0.3',
  ...determined,
  '--out',
  out,
  ...more,
];

/** The lines of an index, held against their declaration, without what a clock decides. */
export function index(folder: string): Record<string, unknown>[] {
  return jsonLines(join(folder, 'index.jsonl')).map((line) => {
    check('batch-line', line);
    const { timing: _, ...settled } = line;
    return settled;
  });
}

export function jsonLines(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A probe whether a folder can be written to, which a kill left: a later run removes it when it is a minute old. */
const probe = /^\.[0-9a-f]{12}\.part$/;

/** Names of all files below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !probe.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Runs `smug` and kills it with -9 once its journal has `lines` lines, and a moment has passed; true if it was killed. */
export function runAndKill(
  words: string[],
  journal: string,
  lines: number,
  milliseconds: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...words], {
      stdio: 'ignore',
    });
    const watch = setInterval(() => {
      if (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length <= lines) return;
      clearInterval(watch);
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    }, 5);
    child.on('close', (_, signal) => {
      clearInterval(watch);
      resolve(signal === 'SIGKILL');
    });
  });
}

/**
 * Bash, whose limit on a file's length stands for a disk that fills: it cuts the journal's last line off as a disk does. False where there is
 * none.
 */
export const limitsFiles = spawnSync('bash', ['-c', "trap '' XFSZ; ulimit -f 4"]).status === 0;

/** Bash's words that run `smug` with no file longer than `blocks` KiB. */
export const withShortFiles = (blocks: number, words: string[]) => [
  '-c',
  `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`,
  process.execPath,
  cli,
  ...words,
];
