import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lock, or a folder. A process is named by all of it: numbers of processes repeat, in containers above all. */
export interface Holder {
  host: string;
  /** Boot and process namespace, where the system tells. Same machine: a process can be looked for. */
  machine: string;
  pid: number;
  /** When the process began, in the system's own count; empty where it does not tell. */
  began: string;
}

/** Whether a process of this machine still runs. */
export function isRunning({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // Another process may have got its number since.
  return began === '' || beginOf(pid) === began;
}

/** Whether the process can be looked for from here. */
export function isHere({ machine }: Holder): boolean {
  return machine === ourselves().machine;
}

let self: Holder | undefined;

export function ourselves(): Holder {
  self ??= {
    host: hostname(),
    machine: `${hostname()} ${read('/proc/sys/kernel/random/boot_id')} ${namespaceOfProcesses()}`,
    pid: process.pid,
    began: beginOf(process.pid),
  };
  return self;
}

/** Field 22 of /proc/PID/stat: clock ticks from the machine's start to the process's. */
function beginOf(pid: number): string {
  const facts = read(`/proc/${pid}/stat`);
  // The name before may hold spaces and brackets.
  return facts.slice(facts.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function namespaceOfProcesses(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
