/** The smallest files that a loader of macOS or Windows would read names of libraries from. */

export interface Asked {
  needed: string[];
  runPaths?: string[];
  /** Version of macOS. */
  oldest?: string;
  cpu?: 'arm64' | 'x64';
}

const words = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value >>> 0, 4 * i));
  return bytes;
};

/** Mach-O, 64 bits: a header and its load commands (mach-o/loader.h). */
export function machO({ needed, runPaths = [], oldest = '13.0', cpu = 'arm64' }: Asked): Buffer {
  const withText = (command: number, fixed: number[], text: string) => {
    const head = 12 + 4 * fixed.length;
    const size = Math.ceil((head + text.length + 1) / 8) * 8;
    const content = Buffer.alloc(size - head);
    content.write(text, 'latin1');
    return Buffer.concat([words(command, size, head, ...fixed), content]);
  };
  const [major, minor] = oldest.split('.').map(Number) as [number, number];
  const commands = [
    words(0x32, 24, 1, (major << 16) | (minor << 8), 0, 0),
    // Its own name, which it does not need.
    withText(0xd, [0, 0, 0], '@rpath/itself.dylib'),
    ...needed.map((name) => withText(0xc, [0, 0, 0], name)),
    ...runPaths.map((path) => withText(0x8000001c, [], path)),
  ];
  const body = Buffer.concat(commands);
  const processor = cpu === 'arm64' ? 0x0100000c : 0x01000007;
  return Buffer.concat([words(0xfeedfacf, processor, 0, 8, commands.length, body.length, 0, 0), body]);
}

/** PE32+: headers, one section, and in it the table of imports. */
export function pe({ needed, cpu = 'x64' }: Asked): Buffer {
  const [section, sectionAt, optionalSize] = [0x1000, 0x200, 240];
  const dos = Buffer.alloc(64);
  dos.write('MZ');
  dos.writeUInt32LE(64, 0x3c);
  const coff = Buffer.alloc(24);
  coff.write('PE\0\0', 'latin1');
  coff.writeUInt16LE(cpu === 'x64' ? 0x8664 : 0xaa64, 4);
  coff.writeUInt16LE(1, 6);
  coff.writeUInt16LE(optionalSize, 20);
  const optional = Buffer.alloc(optionalSize);
  optional.writeUInt16LE(0x20b, 0);
  optional.writeUInt32LE(16, 108);
  optional.writeUInt32LE(needed.length ? section : 0, 112 + 8);
  const table = Buffer.alloc(20 * (needed.length + 1));
  const names = Buffer.from(needed.map((name) => `${name}\0`).join(''), 'latin1');
  let at = section + table.length;
  needed.forEach((name, i) => {
    table.writeUInt32LE(at, 20 * i + 12);
    at += name.length + 1;
  });
  const content = Buffer.concat([table, names]);
  const header = Buffer.alloc(40);
  header.write('.idata', 'latin1');
  for (const [offset, value] of [
    [8, content.length],
    [12, section],
    [16, content.length],
    [20, sectionAt],
  ] as const)
    header.writeUInt32LE(value, offset);
  const headers = Buffer.concat([dos, coff, optional, header]);
  return Buffer.concat([headers, Buffer.alloc(sectionAt - headers.length), content]);
}
