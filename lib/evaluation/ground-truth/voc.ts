import { boxOf, type TrueBoxes } from './true-boxes.js';

/**
 * One annotation of Pascal VOC (Everingham et al. 2010) or ImageNet: `object`s with a `bndbox`, whose pixels count from 1
 * and whose ends belong to it. The picture is the one of the annotation's own name: `filename` is often a stand-in. Reads
 * what tools for such files write, not XML of every kind.
 */
export function readVoc(name: string, text: string, boxes: TrueBoxes, wrong: string[]): void {
  const xml = text.replace(/<!--[\s\S]*?-->/g, '');
  if (!/<annotation[\s>]/.test(xml)) {
    wrong.push(`${name}: no annotation`);
    return;
  }
  // A person's parts (head, hands) have boxes of their own inside the person.
  const objects = xml.replace(/<part>[\s\S]*?<\/part>/g, '').matchAll(/<object>([\s\S]*?)<\/object>/g);
  for (const [, object] of objects) {
    const bounds = /<bndbox>([\s\S]*?)<\/bndbox>/.exec(object)?.[1] ?? '';
    const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map((side) =>
      Number(new RegExp(`<${side}>\\s*([-+.\\de]+)\\s*</${side}>`).exec(bounds)?.[1] ?? NaN),
    );
    const box = boxOf(left - 1, top - 1, right, bottom);
    if (typeof box === 'string') wrong.push(`${name}: ${box}`);
    else boxes.add(name, box);
  }
}
