import { throwIfAborted } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import { explainedOutput } from '../target.js';
import type { ImageTask } from './image-task.js';

const AT_ONCE = 16;

type Asked = Pick<ImageTask, 'network' | 'target' | 'settings'>;

/** Inputs of the model from `first` on, stacked along axis 0. */
export type InputBatches = (first: number, count: number) => Tensor;

/** The target's probability on each of `count` inputs of the model, which are made batch by batch. */
export async function confidences(task: Asked, count: number, inputs: InputBatches): Promise<Float64Array> {
  const values = new Float64Array(count);
  await forEachOutput(task, count, inputs, (row, at) => (values[at] = row[task.target.index]));
  return values;
}

/** Whether the network reads each of `count` inputs as the target, in the same way. */
export async function readings(task: Asked, count: number, inputs: InputBatches): Promise<boolean[]> {
  const { holds } = explainedOutput(task.target);
  const read = new Array<boolean>(count);
  await forEachOutput(task, count, inputs, (row, at) => (read[at] = holds(row) === true));
  return read;
}

async function forEachOutput(
  { network, settings }: Asked,
  count: number,
  inputs: InputBatches,
  take: (row: Float32Array, at: number) => void,
): Promise<void> {
  const run = async (first: number, length: number, part: Tensor) => {
    const [outputs] = await network.forward([part], { signal: settings.signal });
    const classes = outputs.data.length / length;
    for (let at = 0; at < length; at++) {
      take(outputs.data.subarray(at * classes, (at + 1) * classes), first + at);
    }
  };
  // The next batch is made while the engine works on this one.
  let running: Promise<void> | undefined;
  for (let first = 0; first < count; first += AT_ONCE) {
    throwIfAborted(settings.signal);
    const length = Math.min(AT_ONCE, count - first);
    const part = inputs(first, length);
    await running;
    running = run(first, length, part);
    // Whoever awaits it next is told; until then an error is not unheard.
    running.catch(() => undefined);
  }
  await running;
}
