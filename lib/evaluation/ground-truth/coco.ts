import { SmugError } from '../../errors.js';
import { boxOf, type TrueBoxes } from './true-boxes.js';

/**
 * COCO's object annotations: `images` with `id` and `file_name`, `annotations` with `image_id` and `bbox`
 * [x, y, width, height], in pixels counted from 0 (Lin et al. 2014).
 * @throws SmugError BAD_INPUT where it is no such file
 */
export function readCoco(path: string, text: string, boxes: TrueBoxes, wrong: string[]): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new SmugError('BAD_INPUT', `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  const { images, annotations } = (document ?? {}) as Record<string, unknown>;
  if (!Array.isArray(images) || !Array.isArray(annotations))
    throw new SmugError(
      'BAD_INPUT',
      `${path} is not a COCO file: expected the lists images and annotations.`,
    );
  const names = new Map<unknown, string>();
  (images as Record<string, unknown>[]).forEach((image, at) => {
    if (typeof image?.file_name === 'string') names.set(image.id, image.file_name);
    else wrong.push(`image ${at + 1}: no file_name`);
  });
  (annotations as Record<string, unknown>[]).forEach((annotation, at) => {
    const name = names.get(annotation?.image_id);
    const [x, y, width, height] = Array.isArray(annotation?.bbox) ? (annotation.bbox as number[]) : [];
    const box = boxOf(x ?? NaN, y ?? NaN, x + width, y + height);
    if (name === undefined) wrong.push(`annotation ${at + 1}: no image ${String(annotation?.image_id)}`);
    else if (typeof box === 'string') wrong.push(`annotation ${at + 1}: ${box}`);
    else boxes.add(name, box);
  });
}
