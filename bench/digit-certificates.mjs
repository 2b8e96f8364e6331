// `npm run bench -- digit-certificates [--per-class N] [--gammas LIST] [--limit S] [--confirm always|brief|never] [--save]`
//
// On what the proofs of held-out digits rest: both built-in networks of digits, γ from 0.3 to 0.9. Each certificate is verified: how many
// replay in exact arithmetic, how many two provers agree on, how many are one prover's word.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { explainImage, loadModel, verifyCertificate } from '../dist/index.js';
import { buildCertificate } from '../dist/solvers/evidence/certificate.js';
import { heldOutDigits } from '../examples/full-encoding/held-out.mjs';
import { loadAtTheEnd, machine } from './report/machine.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const NETWORKS = ['mnist-fc', 'mnist-cnn'];

export default async function bench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      'per-class': { type: 'string', default: '10' },
      gammas: { type: 'string', default: '0.3,0.5,0.7,0.9' },
      limit: { type: 'string', default: '60' },
      confirm: { type: 'string', default: 'brief' },
      save: { type: 'boolean', default: false },
    },
  });
  const digits = heldOutDigits(+values['per-class']);
  const lines = [];
  const all = [];
  for (const name of NETWORKS) {
    const model = await loadModel(`builtin:${name}`);
    for (const gamma of values.gammas.split(',').map(Number)) {
      const found = [];
      for (const { image } of digits) {
        found.push(await restsOn(model, image, { gamma, timeLimit: +values.limit, confirm: values.confirm }));
      }
      log(`${name}, gamma ${gamma}: ${sharesOf(found).join(', ')}`);
      lines.push(`| ${name} | ${gamma} | ${found.length} | ${sharesOf(found).join(' | ')} |`);
      all.push(...found);
    }
    model.dispose();
  }
  lines.push(`| both | all | ${all.length} | ${sharesOf(all).join(' | ')} |`);
  const proven = all.filter(({ rests }) => rests);
  const alone = proven.filter(({ rests }) => rests === 'one prover').length;
  const text = `| network | γ | digits | proven | replayed exactly | two provers | one prover | median, slowest (s) |
|---|--:|--:|--:|--:|--:|--:|---|
${lines.join('\n')}

Of what is proven, ${((100 * (proven.length - alone)) / proven.length).toFixed(1)} % rests on no single prover's word.
`;
  console.log(text);
  if (!values.save) return;
  const head = `${machine()}, ${loadAtTheEnd()}. Default options, at most ${values.limit} s per digit, \`--confirm ${values.confirm}\`.`;
  await mkdir(here('results'), { recursive: true });
  await writeFile(
    here('results/digit-certificates.md'),
    `# On what proofs of digits rest\n\n${head}\nWritten by \`npm run bench -- digit-certificates --save\`.\n\n${text}`,
  );
}

/** Whether a digit's mask is proven, on what that rests, and how long the answer took. */
async function restsOn(model, image, options) {
  const start = performance.now();
  const { certificate, problem, solution } = await explainImage(model, image, {
    ...options,
    certificate: true,
  });
  const seconds = (performance.now() - start) / 1000;
  if (certificate.status !== 'optimal') return { seconds };
  if (!certificate.confirmed) return { seconds, rests: 'one prover' };
  // Without provers to ask, only what replays is shown.
  const { verdict } = await verifyCertificate(await buildCertificate(problem, solution), { provers: [] });
  return { seconds, rests: verdict === 'verified-exact' ? 'replay' : 'two provers' };
}

function sharesOf(found) {
  const on = (what) => found.filter(({ rests }) => rests === what).length;
  const seconds = found.map((one) => one.seconds).sort((a, b) => a - b);
  return [
    found.filter(({ rests }) => rests).length,
    on('replay'),
    on('two provers'),
    on('one prover'),
    `${seconds[seconds.length >> 1].toFixed(2)}, ${seconds.at(-1).toFixed(2)}`,
  ];
}
