import { parentPort, workerData } from 'node:worker_threads';
import { loadBackend, type BackendChoice } from './backend.js';
import { DeviceNetwork } from './device-network.js';
import type { TensorFlow } from './kernels.js';
import { failureOf } from '../../threads/failure.js';
import type { Outcomes, Reply, Request, Work } from './messages.js';

/** One thread with its own TensorFlow.js; it runs one request after another. */
const port = parentPort!;
const networks = new Map<number, DeviceNetwork>();

try {
  const { tf, description } = await loadBackend(workerData as BackendChoice);
  port.on('message', ({ id, work }: Request) => reply(id, () => perform(tf, work)));
  port.postMessage({ id: -1, outcome: description } satisfies Reply);
} catch (error) {
  port.postMessage({ id: -1, failure: failureOf(error) } satisfies Reply);
}

function reply(id: number, work: () => Outcomes[keyof Outcomes]): void {
  let message: Reply;
  try {
    message = { id, outcome: work() };
  } catch (error) {
    message = { id, failure: failureOf(error) };
  }
  port.postMessage(message, 'outcome' in message ? buffersIn(message.outcome) : []);
}

function perform(tf: TensorFlow, work: Work): Outcomes[keyof Outcomes] {
  switch (work.kind) {
    case 'compile':
      networks.set(work.network, new DeviceNetwork(tf, work.graph));
      return null;
    case 'forward':
      return network(work.network).forward(work.inputs, work.wanted);
    case 'gradient':
      return network(work.network).gradient(work.inputs, work.at, work.targets);
    case 'dispose':
      networks.get(work.network)?.dispose();
      networks.delete(work.network);
      return null;
    case 'count':
      return tf.memory().numTensors;
  }
}

function network(id: number): DeviceNetwork {
  const found = networks.get(id);
  if (found === undefined) throw new Error(`network ${id} is not compiled in this thread`);
  return found;
}

/** Results are handed over, not copied. */
function buffersIn(outcome: unknown): ArrayBuffer[] {
  if (Array.isArray(outcome)) return [...new Set(outcome.map(({ data }) => data.buffer as ArrayBuffer))];
  const gradients = (outcome as Outcomes['gradient'] | null)?.gradients;
  return gradients ? [gradients.data.buffer as ArrayBuffer] : [];
}
