import { throwIfAborted } from '../../errors.js';
import { stacked, type Tensor } from '../../tensor.js';
import type { ImageTask } from './image-task.js';

const AT_ONCE = 16;

/** The target's probability on each of `count` inputs of the model, which are made batch by batch. */
export async function confidences(
  { network, target, settings }: Pick<ImageTask, 'network' | 'target' | 'settings'>,
  count: number,
  inputAt: (at: number) => Tensor,
): Promise<Float64Array> {
  const values = new Float64Array(count);
  for (let first = 0; first < count; first += AT_ONCE) {
    throwIfAborted(settings.signal);
    const part = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, at) => inputAt(first + at));
    const [outputs] = await network.forward([stacked(part)], { signal: settings.signal });
    const classes = outputs.data.length / part.length;
    part.forEach((_, at) => (values[first + at] = outputs.data[at * classes + target.index]));
  }
  return values;
}
