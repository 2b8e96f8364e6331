import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SmugError } from '../errors.js';
import { isHere, isRunning, ourselves, type Holder } from './holder.js';
import { onDisk } from './on-disk.js';

/** The holder touches its file this often. */
const TOUCH_MS = 5_000;
/** A file of another machine that nobody touched for so long, as seen from here, is left over. */
const LEASE_MS = 30_000;
/** Two that begin at the same moment both step back, and try again. */
const ATTEMPTS = 5;

/**
 * Keeps other processes away from a file, also from other machines that share its folder. Every holder has a file of its own beside
 * it, `.NAME.TOKEN.lock`: whoever makes one sees those made before, and steps back unless they are left over. A file is left over
 * when its process is gone, or, where that cannot be seen from here, when nobody has touched it for 30 seconds.
 */
export class Lock {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    // A holder that is stopped for long loses it, and hears so when it writes next.
    this.#timer = setInterval(() => void this.touch().catch(() => {}), TOUCH_MS);
    this.#timer.unref();
  }

  /** @throws SmugError BAD_INPUT that names the holder; FILE_UNWRITABLE */
  static async take(path: string, leaseMs = LEASE_MS): Promise<Lock> {
    for (let attempt = 1; ; attempt++) {
      const own = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.lock`);
      await writeOwn(own);
      const others = (await lockFiles(path)).filter((file) => file !== own);
      const alive = await firstAlive(others, leaseMs);
      if (alive === undefined) {
        for (const file of others) await rm(file, { force: true });
        return new Lock(own);
      }
      await rm(own, { force: true });
      if (attempt === ATTEMPTS)
        throw new SmugError(
          'BAD_INPUT',
          `Process ${alive.pid} on ${alive.host} is working on ${path}. Let it end, or choose another folder.`,
        );
      await sleep(Math.random() * 100 * attempt);
    }
  }

  /** Says that it is still held. @throws SmugError BAD_INPUT where another process has taken it meanwhile */
  async touch(): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.#path, now, now);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return;
      throw new SmugError(
        'BAD_INPUT',
        `${this.#path} is gone: while this process stood still another one went on with its work.`,
        { cause },
      );
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await rm(this.#path, { force: true });
  }
}

/** Makes the file with its contents in one step: nobody reads half of it. */
async function writeOwn(path: string): Promise<void> {
  const begun = `${path}.part`;
  const contents = JSON.stringify(ourselves());
  try {
    await onDisk(path, async () => {
      await writeFile(begun, contents, { flag: 'wx' });
      await link(begun, path).catch(() => writeFile(path, contents, { flag: 'wx' }));
    });
  } finally {
    await rm(begun, { force: true });
  }
}

async function lockFiles(path: string): Promise<string[]> {
  const names = await readdir(dirname(path));
  const own = `.${basename(path)}.`;
  return names
    .filter((name) => name.startsWith(own) && /^[0-9a-f]{12}\.lock$/.test(name.slice(own.length)))
    .map((name) => join(dirname(path), name));
}

/** The first of some locks whose holder works; all are looked at together, as each may take a lease's time. */
async function firstAlive(files: readonly string[], leaseMs: number): Promise<Holder | undefined> {
  const holders = await Promise.all(files.map((file) => aliveHolder(file, leaseMs)));
  return holders.find((holder) => holder !== undefined);
}

async function aliveHolder(file: string, leaseMs: number): Promise<Holder | undefined> {
  const holder = await holderOf(file);
  if (holder === undefined) return undefined;
  if (isHere(holder)) return isRunning(holder) ? holder : undefined;
  // The other machine's clock may be wrong: what counts is whether its time stamp moves.
  const before = await touchedAt(file);
  const until = performance.now() + leaseMs;
  while (performance.now() < until) {
    await sleep(Math.min(1000, leaseMs / 4));
    const now = await touchedAt(file);
    if (now === undefined) return undefined;
    if (now !== before) return holder;
  }
  return undefined;
}

async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    // Released meanwhile.
    return undefined;
  }
}

function touchedAt(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
