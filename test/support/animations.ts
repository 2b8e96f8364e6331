// Animations made here: two or more frames of one size.
import { crc32 } from 'node:zlib';
import sharp from 'sharp';

/** PNG files as an animated WebP without loss. */
export function animatedWebp(frames: readonly Buffer[]): Promise<Buffer> {
  return sharp([...frames], { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** The chunks of a PNG file. */
function chunksOf(png: Buffer): { type: string; content: Buffer }[] {
  const chunks: { type: string; content: Buffer }[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      content: png.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

/** PNG files of one form as an animated PNG (PNG, third edition): the first is the picture that other readers see. */
export function animatedPng(frames: readonly Buffer[]): Buffer {
  let sequence = 0;
  const next = () => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(sequence++);
    return number;
  };
  const [header] = chunksOf(frames[0]);
  const control = () => {
    const content = Buffer.alloc(22);
    header.content.copy(content, 0, 0, 8);
    content.writeUInt16BE(1, 16);
    content.writeUInt16BE(10, 18);
    return chunk('fcTL', Buffer.concat([next(), content]));
  };
  const count = Buffer.alloc(8);
  count.writeUInt32BE(frames.length);
  const parts = [frames[0].subarray(0, 8), chunk('IHDR', header.content), chunk('acTL', count)];
  frames.forEach((frame, at) => {
    parts.push(control());
    for (const { type, content } of chunksOf(frame))
      if (type === 'IDAT')
        parts.push(at === 0 ? chunk('IDAT', content) : chunk('fdAT', Buffer.concat([next(), content])));
  });
  return Buffer.concat([...parts, chunk('IEND', Buffer.alloc(0))]);
}
