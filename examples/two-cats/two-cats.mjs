// The same animal large and small side by side on white: what does each method give its credit to?
//
//   node examples/two-cats/two-cats.mjs PHOTO MODEL OUT
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { compareMethods, loadModel, writeComparisonFiles } from 'smug-explain';

const [photo, modelPath, out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: two-cats.mjs PHOTO MODEL OUT');
await mkdir(out, { recursive: true });

/** Sides of the canvas and of the two copies, and where these stand: within the middle seven eighths, which most networks are shown. */
const SIDE = 448;
const copies = [
  { name: 'large', left: 32, top: 96, side: 248 },
  { name: 'small', left: 292, top: 158, side: 124 },
];

const canvas = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: 'white' } });
const composite = join(out, 'two-cats.png');
await canvas
  .composite(
    await Promise.all(
      copies.map(async ({ left, top, side }) => ({
        input: await sharp(photo).resize(side, side, { fit: 'cover' }).toBuffer(),
        ...{ left, top },
      })),
    ),
  )
  .png()
  .toFile(composite);

const model = await loadModel(modelPath);
const methods = ['smug', 'smug-base', 'integrated-gradients', 'grad-cam', 'opt-box'];
const comparison = await compareMethods(model, composite, { methods });
const { target, width, height } = comparison;
console.log(`read as ${target.label ?? target.index} (${(100 * target.confidence).toFixed(1)} %)\n`);

/** Share of a method's scores that lies on each copy; the network sees the canvas whole or its middle, as it declares. */
console.log(`${'method'.padEnd(22)} large   small   white   box: large  small`);
for (const one of comparison.methods) {
  if (one.error) {
    console.log(`${one.method.padEnd(22)} ${one.error.message}`);
    continue;
  }
  const { viewport } = one.drawing;
  const of = { large: 0, small: 0, white: 0 };
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = viewport.x + (((pixel % width) + 0.5) * viewport.width) / width;
    const y = viewport.y + ((Math.floor(pixel / width) + 0.5) * viewport.height) / height;
    const copy = copies.find(
      ({ left, top, side }) => x >= left && x < left + side && y >= top && y < top + side,
    );
    of[copy?.name ?? 'white'] += Math.max(0, one.scores[pixel]);
  }
  const total = of.large + of.small + of.white;
  const shares = Object.values(of).map((sum) => `${((100 * sum) / total).toFixed(1)} %`.padStart(7));
  // How much of each copy the method's best box covers.
  const covered = copies.map(({ left, top, side }) => {
    const across = (at) => viewport.x + (at * viewport.width) / width;
    const down = (at) => viewport.y + (at * viewport.height) / height;
    const wide = Math.min(left + side, across(one.box.right)) - Math.max(left, across(one.box.left));
    const tall = Math.min(top + side, down(one.box.bottom)) - Math.max(top, down(one.box.top));
    return `${((100 * Math.max(0, wide) * Math.max(0, tall)) / side ** 2).toFixed(0)} %`.padStart(6);
  });
  console.log(`${one.method.padEnd(22)} ${shares.join(' ')}      ${covered.join(' ')}`);
}
console.log(`\n${(await writeComparisonFiles(comparison, out)).join('\n')}`);
model.dispose();
