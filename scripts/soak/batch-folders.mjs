// What soaks of batches, queues and evaluations have in common: pictures, undisturbed runs, full disks, and the comparison with them.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, jsonLines, withShortFiles } from '../../test/batch/batch-runs.js';
import { digit, projectRoot } from '../../test/cli/smug.js';
import { determined } from '../../test/support/determined.js';
import { sharedPath } from '../../test/support/shared-data.js';

export const cli = join(projectRoot, 'dist', 'cli.js');

/** `count` pictures and a model: photographs where the shared ones are there, else digits. */
export function material(folder, count) {
  const photos = join(folder, 'photos');
  mkdirSync(photos, { recursive: true });
  const shared = sharedPath('images', 'imagenet-sample');
  if (!existsSync(shared)) {
    copyDigits(photos, count);
    return {
      photos,
      words: ['--model', 'builtin:mnist-cnn', '--gamma', '0.3', ...determined, '--time-limit', '20'],
      what: 'digits',
    };
  }
  const names = readdirSync(shared).filter((name) => name.endsWith('.jpg'));
  for (let at = 0; at < count; at++)
    copyFileSync(join(shared, names[at % names.length]), join(photos, `${at}-${names[at % names.length]}`));
  const squeezenet = sharedPath('models', 'squeezenet1.1');
  const words = ['--model', squeezenet, '--gamma', '0.3', ...determined, '--time-limit', '60'];
  return { photos, words, what: 'photographs' };
}

/** Puts `count` pictures of digits into a folder, 0 to 9 again and again. @returns their names, in that order */
export function copyDigits(folder, count) {
  const names = Array.from({ length: count }, (_, at) => `${String(at).padStart(4, '0')}.png`);
  names.forEach((name, at) => copyFileSync(digit(at % 10), join(folder, name)));
  return names;
}

/**
 * Runs `smug` with room for a line of the journal more, or two, and for no other file of that size.
 * @returns whether it ended as on a full disk; what it said instead is printed
 */
export async function runOnFullDisk(words, journal) {
  const blocks = Math.ceil(statSync(journal).size / 1024) + 2;
  const { code, stderr } = await run('bash', withShortFiles(blocks, words));
  const full = code === 1 && /FILE_UNWRITABLE/.test(stderr);
  if (!full) console.error(`a full disk: status ${code}: ${stderr}`);
  return full;
}

/** Runs a command to its end. */
export function run(program, words, { env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (output[name] += chunk));
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** Puts the pictures of a batch into a queue. */
export async function submit(photos, out, words) {
  const { code, stderr } = await run(process.execPath, [cli, 'submit', photos, '--out', out, ...words]);
  if (code !== 0) throw new Error(stderr);
}

/** Whether two batches have the same results, times aside: index, and every picture byte by byte. What differs is printed. */
export function sameResults(one, other) {
  const index = (folder) =>
    jsonLines(join(folder, 'index.jsonl')).map(({ timing: _, ...line }) => JSON.stringify(line));
  const [ours, theirs] = [index(one), index(other)];
  const lines = ours.filter((line, at) => line !== theirs[at]).length + Math.abs(ours.length - theirs.length);
  const pictures = (folder) => filesBelow(folder).filter((name) => name.startsWith('images/'));
  const missing = pictures(one).filter((name) => !existsSync(join(other, name)));
  const left = filesBelow(other).filter((name) => name.endsWith('.part') || name.endsWith('.lock'));
  const different = pictures(one).filter(
    (name) =>
      name.endsWith('.png') &&
      existsSync(join(other, name)) &&
      !readFileSync(join(one, name)).equals(readFileSync(join(other, name))),
  );
  console.log(
    `${ours.length} lines, ${lines} differ; ${pictures(one).length} files, ${missing.length} missing, ${different.length} pictures differ, ${left.length} left over`,
  );
  return ours.length > 0 && lines + missing.length + different.length + left.length === 0;
}
