import { createWriteStream, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createGzip, deflateRawSync } from 'node:zlib';
import tar, { type Header } from 'tar-stream';

export interface Member {
  name: string;
  contents: Buffer;
  /** Packed by deflate, else stored. */
  deflate?: boolean;
  /** What the archive says, where that is not true. */
  saidBytes?: number;
  /** Says that it is encrypted. */
  encrypted?: boolean;
  /** Of a tar file: a link instead. */
  link?: string;
}

/** A zip file, also one that lies. */
export function writeZip(path: string, members: readonly Member[]): void {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, contents, deflate = false, saidBytes = contents.length, encrypted = false } of members) {
    const packed = deflate ? deflateRawSync(contents) : contents;
    const title = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(encrypted ? 1 : 0, 2);
    facts.writeUInt16LE(deflate ? 8 : 0, 4);
    facts.writeUInt32LE(crc32(contents), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(saidBytes, 18);
    facts.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), facts, title, packed);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02');
    facts.copy(entry, 6, 0, 26);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, title);
    offset += 30 + title.length + packed.length;
  }
  const end = Buffer.alloc(22);
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  end.write('PK\x05\x06');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(path, Buffer.concat([...parts, ...directory, end]));
}

/** A tar file, packed by gzip where its name says so. */
export async function writeTar(path: string, members: readonly Member[]): Promise<void> {
  const pack = tar.pack();
  for (const { name, contents, link } of members) {
    const header: Partial<Header> & { name: string } =
      link === undefined ? { name } : { name, type: 'symlink', linkname: link };
    pack.entry(header, link === undefined ? contents : Buffer.alloc(0));
  }
  pack.finalize();
  const to = createWriteStream(path);
  await (path.endsWith('gz') ? pipeline(pack, createGzip({ level: 1 }), to) : pipeline(pack, to));
}
