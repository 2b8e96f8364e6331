import { readFile } from 'node:fs/promises';

/**
 * The peak resident set of this process in bytes. `resourceUsage().maxRSS` starts at the size of the process that
 * spawned it where that is larger; Linux's VmHWM does not.
 */
export async function peakResidentBytes() {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  return 1024 * Number(kibibytes ?? process.resourceUsage().maxRSS);
}
