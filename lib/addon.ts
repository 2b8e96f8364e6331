import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One place the native addon was looked for, and how that went. */
export interface AddonAttempt {
  path: string;
  outcome: 'loaded' | 'absent' | 'failed' | 'disabled';
  /** For people: why it was not used. */
  reason?: string;
}

/** The addon's functions; each part of the binding declares its own shape and checks that it was built. */
export type Addon = Record<string, unknown>;

/** What this library expects of the addon: `interfaceVersion` in binding/addon.cc. */
const INTERFACE_VERSION = 2;

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

let addon: Addon | null = null;
let attempts: AddonAttempt[] | null = null;

/**
 * The native addon, or null where none can be loaded. Order: the local build, then the prebuilt binary of
 * this platform. `SMUG_NATIVE=0` pretends there is none. The search runs once per process; every attempt and
 * its reason is kept for `addonAttempts` (and `smug doctor`).
 */
export function loadAddon(): Addon | null {
  if (attempts !== null) return addon;
  attempts = [];
  if (process.env.SMUG_NATIVE === '0') {
    attempts.push({ path: '(none tried)', outcome: 'disabled', reason: 'SMUG_NATIVE=0 is set' });
    return null;
  }
  const require = createRequire(import.meta.url);
  for (const path of candidates()) {
    if (!existsSync(path)) {
      attempts.push({ path, outcome: 'absent', reason: 'no such file' });
      continue;
    }
    try {
      const found = require(path) as Addon;
      if (found.interfaceVersion !== INTERFACE_VERSION) {
        const reason = 'it was built from other sources than this library; run `npm run setup`';
        attempts.push({ path, outcome: 'failed', reason });
        continue;
      }
      addon = found;
      attempts.push({ path, outcome: 'loaded' });
      return addon;
    } catch (error) {
      attempts.push({ path, outcome: 'failed', reason: (error as Error).message.split('\n')[0] });
    }
  }
  return null;
}

/** What `loadAddon` tried, in order. */
export function addonAttempts(): readonly AddonAttempt[] {
  loadAddon();
  return attempts!;
}

function candidates(): string[] {
  return [
    join(packageRoot, 'build', 'Release', 'smug_addon.node'),
    join(packageRoot, 'prebuilds', `${process.platform}-${process.arch}`, 'smug_addon.node'),
  ];
}
