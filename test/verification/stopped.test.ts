// Whatever ends a solve or an explanation, what it leaves behind has a certificate, and nothing in it is refused.
import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { Certificate } from '../../dist/api/certificate.js';
import { explainImage, loadModel, writeExplanationFiles } from '../../dist/index.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { structuredProblem } from '../support/structured-problems.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { certificateOf, disposeProvers, ring, told } from './certify.js';

test.after.always(disposeProvers);

test('an explanation that the time limit ended writes a certificate of the mask that it shows', async (t) => {
  const model = await loadModel('builtin:mnist-cnn');
  const folder = temporaryFolder('stopped', t);
  try {
    // A picture of noise at γ = 0.5: some hundred cells in one component.
    const data = Uint8Array.from({ length: 784 }, (_, at) => (at * 7919 * (at % 13)) % 256);
    const image = { width: 28, height: 28, channels: 1 as const, data };
    for (const timeLimit of [0.001, 0.05, 0.3]) {
      const explanation = await explainImage(model, image, { gamma: 0.5, timeLimit, certificate: true });
      const files = await writeExplanationFiles(explanation, folder, { name: `noise-${timeLimit}` });
      const path = files.find((file) => file.endsWith('.certificate.json'))!;
      const certificate = JSON.parse(await readFile(path, 'utf8')) as Certificate;
      t.is(certificate.size, explanation.mask.size);
      t.is(certificate.lowerBound, explanation.certificate.lowerBound);
      t.is(certificate.status, explanation.certificate.status);
      const verdict = await verifyCertificate(certificate);
      t.not(verdict.verdict, 'refused', told(verdict));
    }
  } finally {
    model.dispose();
  }
});

test('a solve stopped at any time leaves a certificate that is not refused', async (t) => {
  const seen: Record<string, number> = {};
  for (let seed = 0; seed < 40; seed++) {
    const problem = seed % 2 ? structuredProblem(seed, 200) : ring(160, seed);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 3 * seed);
    const solution = await solveMask(problem, { certificate: true, threads: 1, signal: stop.signal });
    const certificate = await certificateOf(problem, solution);
    t.true(certificate.lowerBound >= solution.lowerBound);
    const verdict = await verifyCertificate(certificate);
    t.not(verdict.verdict, 'refused', `seed ${seed}: ${told(verdict)}`);
    seen[`${certificate.status} ${verdict.verdict}`] =
      (seen[`${certificate.status} ${verdict.verdict}`] ?? 0) + 1;
  }
  t.log(JSON.stringify(seen));
});

test('a solution without any evidence claims its bound, and what counting shows of it is proven', async (t) => {
  const problem = ring(40, 1);
  const { evidence: _, ...bare } = await solveMask(problem, { threads: 1 });
  const certificate = await certificateOf(problem, bare);
  t.is(certificate.lowerBound, bare.lowerBound);
  t.not((await verifyCertificate(certificate)).verdict, 'refused');
});

test('weights too far apart for doubles: whatever is called the heaviest mask is so', async (t) => {
  const row = { columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 0.5 };
  for (const weights of [
    [-1.7e308, 1.7e308, 0],
    [1e308, -1.7e308, 1.7e308],
    [5e-324, 0, 1e-323],
    [1, 1 + 2 ** -50, 1],
  ]) {
    const problem = { variables: 3, rows: [row], weights };
    const solution = await solveMask(problem, { certificate: true, threads: 1 });
    const certificate = await certificateOf(problem, solution);
    const verdict = await verifyCertificate(certificate);
    t.is(verdict.verdict, 'verified-exact', `${weights.join()}: ${told(verdict)}`);
    if (certificate.heaviest === 'proven')
      t.is(certificate.mask!.indexOf(1), weights.indexOf(Math.max(...weights)));
  }
});
