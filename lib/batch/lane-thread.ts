// One thread of a batch: it loads the model for itself, and explains the images that it is given, several at once where they come so.
import { parentPort, workerData } from 'node:worker_threads';
import { loadModel } from '../model/load-model.js';
import { failureOf } from '../threads/failure.js';
import { explainToFiles } from './image-line.js';
import type { FromLane, LaneData, ToLane } from './lanes.js';

const { model: named, options, folder, kinds, stored } = workerData as LaneData;
const port = parentPort!;
const stopped = new AbortController();
const loading = loadModel(named.source, named.load);
// Told with the first image that needs it.
loading.catch(() => {});

port.on('message', (message: ToLane) => {
  if (message.kind === 'stop') stopped.abort();
  else void explain(message).then((reply) => port.postMessage(reply));
});

async function explain({ id, input, name, bytes }: Extract<ToLane, { kind: 'image' }>): Promise<FromLane> {
  try {
    const image = { input, name, ...(bytes && { read: async () => bytes }) };
    const task = { ...options, signal: stopped.signal };
    return { id, outcome: await explainToFiles(await loading, image, task, { folder, kinds, stored }) };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}
