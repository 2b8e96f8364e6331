// Ten digits under three smallest masks: node examples/full-encoding/demonstrate.mjs [--gamma G] [--out FILE.png]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { explainFullEncoding, explainImage, loadModel } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    gamma: { type: 'string', default: '0.9' },
    out: { type: 'string', default: 'full-encoding.png' },
  },
});
const gamma = Number(values.gamma);
const SIDE = 28;
const SCALE = 3;
const MARGIN = 4;

const model = await loadModel('builtin:mnist-fc');
const rows = [];
line('digit', 'pixels', 'full encoding', 'SMUG, gamma 0', `SMUG, gamma ${gamma}`);
for (let digit = 0; digit < 10; digit++) {
  const path = fileURLToPath(new URL(`../digits/${digit}.png`, import.meta.url));
  const { data } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
  const full = await explainFullEncoding(model, path);
  const [loose, tight] = [
    await explainImage(model, path, { gamma: 0 }),
    await explainImage(model, path, { gamma }),
  ];
  const { status, lowerBound } = full.certificate;
  const kept = ({ mask, sufficiency }) =>
    `${mask.size}, ${sufficiency.classKept ? '' : 'not '}read as ${digit}`;
  const proof = status === 'optimal' ? 'proven smallest' : `at least ${lowerBound}`;
  line(digit, full.network.pixels, `${full.mask.size}, ${proof}`, kept(loose), kept(tight));
  rows.push([null, full.mask.cells, loose.mask.cells, tight.mask.cells].map((cells) => masked(data, cells)));
}
model.dispose();
await sheet(rows, values.out);
console.log(values.out);

function line(digit, pixels, ...columns) {
  const cells = [`${digit}`.padEnd(7), `${pixels}`.padEnd(8), ...columns.map((text) => text.padEnd(20))];
  console.log(cells.join('').trimEnd());
}

/** What a mask leaves of a digit. */
function masked(pixels, cells) {
  return cells === null ? pixels : pixels.map((value, at) => (cells[at] ? value : 0));
}

/** One column per digit, one row per kind of mask. */
async function sheet(digits, path) {
  const step = SIDE * SCALE + MARGIN;
  const [width, height] = [digits.length * step + MARGIN, digits[0].length * step + MARGIN];
  const tiles = await Promise.all(
    digits.flatMap((column, at) =>
      column.map(async (pixels, row) => ({
        input: await sharp(Buffer.from(pixels), { raw: { width: SIDE, height: SIDE, channels: 1 } })
          .resize(SIDE * SCALE, SIDE * SCALE, { kernel: 'nearest' })
          .png()
          .toBuffer(),
        left: MARGIN + at * step,
        top: MARGIN + row * step,
      })),
    ),
  );
  await sharp({ create: { width, height, channels: 3, background: '#888' } })
    .composite(tiles)
    .png({ palette: true, colours: 64 })
    .toFile(path);
}
