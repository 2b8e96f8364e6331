// What a compiled library asks of the machine that loads it, read from the file itself: ELF through binutils, Mach-O and
// PE here, so that the packages of every system can be checked on any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Binary
 * @property {string} cpu as Node names processors
 * @property {string[]} needed libraries, as the file names them: with `@rpath/` or a path on macOS
 * @property {string[]} runPaths folders in which the loader looks for them
 * @property {Record<string, string>} oldest what the system must have at the least: `glibc` and `libstdc++`, or `macos`
 */

/** @returns {Binary} @throws where the file is of no known form */
export function readBinary(path) {
  const bytes = readFileSync(path);
  if (bytes.length < 64) throw new Error(`${path} is no compiled library`);
  if (bytes.readUInt32BE(0) === 0x7f454c46) return readElf(path, bytes);
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return readMachO(path, bytes);
  if (bytes.readUInt32BE(0) === 0xcafebabe)
    throw new Error(`${path} holds several processors' code: keep one with lipo -thin`);
  if (bytes.readUInt16BE(0) === 0x4d5a) return readPe(path, bytes);
  throw new Error(`${path} is no compiled library`);
}

export function readelf(what, file) {
  return execFileSync('readelf', ['-W', what, file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

function processor(path, known, code) {
  const cpu = known[code];
  if (!cpu) throw new Error(`${path} is for a processor with the number ${code}`);
  return cpu;
}

function readElf(path, bytes) {
  const cpu = processor(path, { 0x3e: 'x64', 0xb7: 'arm64' }, bytes.readUInt16LE(18));
  const dynamic = readelf('-d', path);
  const values = (tag) => [...dynamic.matchAll(new RegExp(`\\((?:${tag})\\).*\\[(.*)\\]`, 'g'))];
  const oldest = { glibc: '0', 'libstdc++': '0' };
  for (const [, set, version] of readelf('-V', path).matchAll(/\b(GLIBC|GLIBCXX)_(\d[\d.]*)/g)) {
    const part = set === 'GLIBC' ? 'glibc' : 'libstdc++';
    if (compareVersions(version, oldest[part]) > 0) oldest[part] = version;
  }
  return {
    cpu,
    needed: values('NEEDED').map(([, name]) => name),
    runPaths: values('RUNPATH|RPATH').flatMap(([, folders]) => folders.split(':')),
    oldest,
  };
}

/** Load commands that name a library: LC_LOAD_DYLIB, and its weak, re-exported, lazy and upward kinds. */
const loadsLibrary = new Set([0xc, 0x80000018, 0x8000001f, 0x20, 0x80000023]);

/** Mach-O of 64 bits: mach-o/loader.h of Apple's SDK. */
function readMachO(path, bytes) {
  const cpu = processor(path, { 0x01000007: 'x64', 0x0100000c: 'arm64' }, bytes.readUInt32LE(4));
  const found = { cpu, needed: [], runPaths: [], oldest: { macos: '0' } };
  const version = (at) => {
    const packed = bytes.readUInt32LE(at);
    return `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
  };
  let at = 32;
  for (let i = bytes.readUInt32LE(16); i > 0; i -= 1) {
    const [command, size] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    if (size < 8) throw new Error(`${path}: a load command without a length`);
    const text = () => textAt(bytes, at + bytes.readUInt32LE(at + 8), at + size);
    if (loadsLibrary.has(command)) found.needed.push(text());
    else if (command === 0x8000001c) found.runPaths.push(text());
    // LC_BUILD_VERSION, and LC_VERSION_MIN_MACOSX before it.
    else if (command === 0x32) found.oldest.macos = version(at + 12);
    else if (command === 0x24) found.oldest.macos = version(at + 8);
    at += size;
  }
  return found;
}

/** PE32+: the tables of imports and of delayed imports ("PE Format", learn.microsoft.com). */
function readPe(path, bytes) {
  const header = bytes.readUInt32LE(0x3c);
  if (bytes.readUInt32BE(header) !== 0x50450000) throw new Error(`${path} is no PE file`);
  const cpu = processor(path, { 0x8664: 'x64', 0xaa64: 'arm64' }, bytes.readUInt16LE(header + 4));
  const optional = header + 24;
  if (bytes.readUInt16LE(optional) !== 0x20b) throw new Error(`${path} is no 64-bit PE file`);
  const sections = optional + bytes.readUInt16LE(header + 20);
  const count = bytes.readUInt16LE(header + 6);
  const offsetOf = (address) => {
    for (let at = sections; at < sections + 40 * count; at += 40) {
      const start = bytes.readUInt32LE(at + 12);
      if (address >= start && address < start + bytes.readUInt32LE(at + 16))
        return address - start + bytes.readUInt32LE(at + 20);
    }
    throw new Error(`${path}: an address outside of its sections`);
  };
  const needed = [];
  // Directory, length of an entry, where in it the name's address stands.
  for (const [directory, length, name] of [
    [1, 20, 12],
    [13, 32, 4],
  ]) {
    if (directory >= bytes.readUInt32LE(optional + 108)) continue;
    const table = bytes.readUInt32LE(optional + 112 + 8 * directory);
    if (!table) continue;
    for (let at = offsetOf(table); bytes.readUInt32LE(at + name) !== 0; at += length)
      needed.push(textAt(bytes, offsetOf(bytes.readUInt32LE(at + name))));
  }
  return { cpu, needed, runPaths: [], oldest: {} };
}

function textAt(bytes, start, end = bytes.length) {
  const zero = bytes.indexOf(0, start);
  return bytes.toString('latin1', start, zero < 0 || zero > end ? end : zero);
}

/** Negative where `one` is the older version. */
export function compareVersions(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i += 1)
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}
