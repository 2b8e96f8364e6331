import { throwIfAborted } from '../../errors.js';
import { stacked, type Tensor } from '../../tensor.js';
import { explainedOutput } from '../target.js';
import type { ImageTask } from './image-task.js';

const AT_ONCE = 16;

type Asked = Pick<ImageTask, 'network' | 'target' | 'settings'>;

/** The target's probability on each of `count` inputs of the model, which are made batch by batch. */
export async function confidences(
  task: Asked,
  count: number,
  inputAt: (at: number) => Tensor,
): Promise<Float64Array> {
  const values = new Float64Array(count);
  await forEachOutput(task, count, inputAt, (row, at) => (values[at] = row[task.target.index]));
  return values;
}

/** Whether the network reads each of `count` inputs as the target, in the same way. */
export async function readings(
  task: Asked,
  count: number,
  inputAt: (at: number) => Tensor,
): Promise<boolean[]> {
  const { holds } = explainedOutput(task.target);
  const read = new Array<boolean>(count);
  await forEachOutput(task, count, inputAt, (row, at) => (read[at] = holds(row) === true));
  return read;
}

async function forEachOutput(
  { network, settings }: Asked,
  count: number,
  inputAt: (at: number) => Tensor,
  take: (row: Float32Array, at: number) => void,
): Promise<void> {
  const run = async (first: number, part: readonly Tensor[]) => {
    const [outputs] = await network.forward([stacked(part)], { signal: settings.signal });
    const classes = outputs.data.length / part.length;
    part.forEach((_, at) => take(outputs.data.subarray(at * classes, (at + 1) * classes), first + at));
  };
  // The next batch is made while the engine works on this one.
  let running: Promise<void> | undefined;
  for (let first = 0; first < count; first += AT_ONCE) {
    throwIfAborted(settings.signal);
    const part = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, at) => inputAt(first + at));
    await running;
    running = run(first, part);
    // Whoever awaits it next is told; until then an error is not unheard.
    running.catch(() => undefined);
  }
  await running;
}
