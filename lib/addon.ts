import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { addonPlaces } from './addon/places.js';
import { addonRemedy } from './addon/remedy.js';
import { crashOfLoading } from './addon/trial.js';
import { badOption } from './errors.js';

/** One place the native addon was looked for, and how that went. */
export interface AddonAttempt {
  path: string;
  outcome: 'loaded' | 'absent' | 'failed' | 'crashed' | 'disabled';
  /** For people: why it was not used. */
  reason?: string;
}

/** The addon's functions; each part of the binding declares its own shape and checks that it was built. */
export type Addon = Record<string, unknown>;

/** What this library expects of the addon: `interfaceVersion` in binding/addon.cc. */
const INTERFACE_VERSION = 4;

let addon: Addon | null = null;
let attempts: AddonAttempt[] | null = null;

/**
 * The native addon, or null where none can be loaded. `lib/addon/places.ts` has the order of places; a file that would
 * bring the process down is left alone (`lib/addon/trial.ts`). `SMUG_NATIVE=0` pretends there is none, and
 * `SMUG_ADDON=PATH` names the only file to try. The search runs once per thread; every attempt and its reason is kept
 * for `addonAttempts` (and `smug doctor`).
 * @throws RangeError that names SMUG_ADDON, where the file that it forces cannot be loaded
 */
export function loadAddon(): Addon | null {
  if (attempts === null) search();
  const { SMUG_ADDON: forced, SMUG_NATIVE: native } = process.env;
  if (addon === null && forced && native !== '0')
    throw badOption('SMUG_ADDON', forced, `an addon that can be loaded (${attempts!.at(-1)!.reason})`);
  return addon;
}

function search() {
  attempts = [];
  if (process.env.SMUG_NATIVE === '0') {
    attempts.push({ path: '(none tried)', outcome: 'disabled', reason: 'SMUG_NATIVE=0 is set' });
    return;
  }
  for (const { path, missing } of addonPlaces(process.env.SMUG_ADDON)) {
    if (missing !== undefined) {
      attempts.push({ path, outcome: 'absent', reason: missing });
      continue;
    }
    const failure = load(path);
    attempts.push(failure === null ? { path, outcome: 'loaded' } : failure);
    if (failure === null) return;
  }
}

/** Null when it is loaded. */
function load(path: string): AddonAttempt | null {
  try {
    const crash = crashOfLoading(path);
    if (crash !== null) return { path, outcome: 'crashed', reason: crash };
    const found = createRequire(import.meta.url)(resolve(path)) as Addon;
    if (found.interfaceVersion !== INTERFACE_VERSION) {
      const reason = `it was built from other sources than this library. ${addonRemedy()}`;
      return { path, outcome: 'failed', reason };
    }
    addon = found;
    return null;
  } catch (error) {
    return { path, outcome: 'failed', reason: (error as Error).message.split('\n')[0] };
  }
}

/** What `loadAddon` tried, in order. */
export function addonAttempts(): readonly AddonAttempt[] {
  loadAddon();
  return attempts!;
}
