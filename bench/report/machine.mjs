// What every table says of the day and the machine.
import { cpus, loadavg } from 'node:os';

export function machine() {
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`;
}

/** How busy it was: other work makes times an upper bound. */
export function loadAtTheEnd() {
  return `load average at the end ${loadavg()[0].toFixed(1)}`;
}
