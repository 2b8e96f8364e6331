import { join } from 'node:path';
import test from 'ava';
import { digit, projectRoot, runNode } from './smug.js';

const library = join(projectRoot, 'dist', 'index.js');

/** Runs a script that uses the library and must end by itself. */
async function script(body: string, env: Record<string, string> = {}) {
  const prelude = `import * as smug from ${JSON.stringify(library)};\nconst digit = ${JSON.stringify(digit(2))};\n`;
  return runNode(['--input-type=module', '-e', prelude + body], { env, seconds: 180 });
}

const bodies: Record<string, string> = {
  'an explanation, model not disposed': `
    const model = await smug.loadModel('builtin:mnist-cnn');
    const { certificate } = await smug.explainImage(model, digit, { gamma: 0.3 });
    console.log(certificate.status);`,
  'a cancelled explanation': `
    const model = await smug.loadModel('builtin:mnist-cnn');
    const controller = new AbortController();
    const running = smug.explainImage(model, digit, {
      gamma: 0.3, signal: controller.signal, onProgress: () => controller.abort(),
    });
    await running.then(() => {}, (error) => { if (error.code !== 'ABORTED') throw error; });
    console.log('optimal');`,
  errors: `
    const model = await smug.loadModel('builtin:mnist-fc');
    for (const bad of [() => smug.explainImage(model, 'gone.png'), () => smug.explainImage(model, digit, { gamma: 2 })]) {
      try { await bad(); } catch (error) { if (!error.message) throw error; continue; }
      throw new Error('no error');
    }
    console.log('optimal');`,
  'a solve, then a cancelled one': `
    const rows = [{ columns: [0, 1, 2, 3], coefficients: [1, 2, 3, 4], lower: 5 }];
    const first = await smug.solveMask({ variables: 4, rows });
    await smug.solveMask({ variables: 4, rows }, { signal: AbortSignal.abort() }).catch((error) => {
      if (error.code !== 'ABORTED') throw error;
    });
    console.log(first.status);`,
  'capabilities and attribution': `
    await smug.capabilities();
    const model = await smug.loadModel('builtin:mnist-fc');
    const input = { data: new Float32Array(784).fill(0.5), shape: [1, 1, 28, 28] };
    const { scores } = await smug.attribute(model, [input]);
    model.dispose();
    console.log(scores.shape.join() === '1,32' ? 'optimal' : scores.shape);`,
};

for (const [name, body] of Object.entries(bodies)) {
  for (const kind of ['as it is', 'without the addon'] as const) {
    test(`the process ends by itself after ${name}, ${kind}`, async (t) => {
      const { code, stdout, stderr } = await script(body, kind === 'as it is' ? {} : { SMUG_NATIVE: '0' });
      t.is(code, 0, stderr);
      t.is(stdout, 'optimal\n');
      t.is(stderr, '');
    });
  }
}
