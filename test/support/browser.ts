import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium as launcher, type Browser } from 'playwright-core';
import type { Need } from './needs.js';

/** The Chromium of this machine, or of SMUG_CHROMIUM. */
const executable =
  process.env.SMUG_CHROMIUM ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find(existsSync);

export const chromium: Need = {
  missing: executable === undefined ? 'no Chromium on the PATH (or set SMUG_CHROMIUM)' : null,
  required: false,
};

/** Without its sandbox, which containers rarely allow: it visits nothing but the test's own service. */
export const startBrowser = (): Promise<Browser> =>
  launcher.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
