import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';

const engineFile = new URL('../../dist/engines/tfjs/engine.js', import.meta.url).href;

/** Runs a script that has `engine`, `graph` and `inputs`; resolves when its process has ended by itself. */
async function child(script: string): Promise<string> {
  const source = `
    import { createTfjsEngine } from ${JSON.stringify(engineFile)};
    const engine = await createTfjsEngine({ threads: 2 });
    const graph = {
      inputs: ['x'], outputs: ['y'], constants: new Map(),
      nodes: [{ op: 'softmax', axis: 1, name: 'y', inputs: ['x'], output: 'y' }],
      shapes: new Map([['x', [1, 4]], ['y', [1, 4]]]),
    };
    const inputs = [{ data: new Float32Array(8), shape: [2, 4] }];
    ${script}`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    timeout: 60_000,
  });
  return (await run).stdout;
}

test('the process ends by itself after a run, with nothing else on its standard output', async (t) => {
  const out = await child(`
    const network = await engine.compile(graph);
    const [y] = await network.forward(inputs);
    console.log(y.data.join());`);
  t.is(out, `${new Array(8).fill(0.25).join()}\n`);
});

test('the process ends by itself after disposal, after an abort and after an error', async (t) => {
  const out = await child(`
    const network = await engine.compile(graph);
    const controller = new AbortController();
    const pending = network.gradient({ inputs, targets: [0, 1], signal: controller.signal });
    controller.abort();
    await pending.catch((error) => console.log(error.code));
    await network.forward([]).catch((error) => console.log(error.name));
    network.dispose();`);
  t.is(out, 'ABORTED\nRangeError\n');
});

test('the process ends by itself while aborted work still runs', async (t) => {
  const out = await child(`
    const network = await engine.compile(graph);
    void network.forward([{ data: new Float32Array(4e6), shape: [1e6, 4] }], { signal: AbortSignal.timeout(20) })
      .catch((error) => console.log(error.code));
    await new Promise((resolve) => setTimeout(resolve, 40));`);
  t.regex(out, /^(ABORTED\n)?$/);
});
