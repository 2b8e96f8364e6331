import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { cpus, hostname, release } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheFolder, keepInCache } from './cache-folder.js';
import { ownVersion } from './places.js';

/** How long a trial may take, in milliseconds: it takes a fraction of a second on an idle machine. */
const TRIAL_LIMIT = 60_000;

/**
 * Loads the file and asks the engines what they run on, which is where a wrong processor or a broken driver shows. An
 * exception is no crash: the parent meets it again, and reports it.
 */
const trialProgram = `
  try {
    const addon = require(process.argv[1]);
    for (const name of ['cpuInformation', 'cudaInformation']) addon[name]?.();
  } catch {}
  require('node:fs').writeSync(1, 'survived');
`;

/**
 * Whether loading this file brings a process down: null where it does not, else how it did, in one line. Found out once,
 * in a child process, and remembered for this file, version and machine in the user's cache folder; where that cannot
 * be written, every process finds out anew.
 */
export function crashOfLoading(path: string): string | null {
  const note = join(cacheFolder(), `addon-${machineAndVersion(path)}.json`);
  const known = remembered(note);
  if (known !== undefined) return known && `${known}; found out before, remembered in ${note}`;
  const child = loadInChild(path);
  const late = (child?.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  if (late) return `loading it in a child process took longer than ${TRIAL_LIMIT / 1000} s`;
  // No child could be started (a sandbox, `--permission`): nothing was found out.
  if (child === null || child.error) return null;
  const crash = child.stdout.endsWith('survived') ? null : crashOf(child);
  remember(note, crash);
  return crash && `${crash}; remembered in ${note}`;
}

/** Null where this process may not start another. */
function loadInChild(path: string): SpawnSyncReturns<string> | null {
  // Of the environment all but what Node itself would be told: hooks of the parent have no place in a trial.
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    return spawnSync(process.execPath, ['-e', trialProgram, resolve(path)], {
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TRIAL_LIMIT,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED') return null;
    throw error;
  }
}

function crashOf({
  signal,
  status,
  stderr,
}: {
  signal: string | null;
  status: number | null;
  stderr: string;
}) {
  const said = stderr.split('\n').find((line) => line.trim() !== '');
  const end = signal ? `by ${signal}` : `with status ${status}`;
  return `loading it ended a child process ${end}${said ? ` (${said.trim().slice(0, 200)})` : ''}`;
}

/** What decides whether a file can be loaded: its content, stood in for by size and time, the processor, the system. */
function machineAndVersion(path: string): string {
  const { size, mtimeMs } = statSync(path);
  const machine = [hostname(), process.platform, process.arch, release(), cpus()[0]?.model];
  const facts = [resolve(path), size, mtimeMs, ownVersion(), process.versions.node, ...machine];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

function remembered(note: string): string | null | undefined {
  try {
    const { crash } = JSON.parse(readFileSync(note, 'utf8')) as { crash?: unknown };
    return crash === null || typeof crash === 'string' ? crash : undefined;
  } catch {
    return undefined;
  }
}

function remember(note: string, crash: string | null) {
  keepInCache(note, JSON.stringify({ crash }));
}
