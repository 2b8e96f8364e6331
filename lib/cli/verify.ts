import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { VERDICTS, type Tally, type Verdict } from '../api/verdict.js';
import type { EncodingVerdict } from '../api/encoding-certificate.js';
import { loadModel } from '../model/load-model.js';
import { verifyCertificate } from '../verify-certificate.js';
import { verifyFullEncoding } from '../verify-full-encoding.js';
import type { VerifyProgress } from '../verification/progress.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, UsageError, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { readJsonFile } from './json-file.js';
import { Progress, verifyingText } from './progress.js';

type Own = OwnOptions<'verify'>;

type OnProgress = (step: VerifyProgress) => void;

export const verifyCommand: Command<Own> = {
  usage: 'CERTIFICATE.json [--model M] [options]',
  summary:
    'Checks a certificate without trusting the solver that wrote it: everything it spells out in exact arithmetic, the rest by ' +
    'asking provers again. One of a full encoding is checked against its network, --model. Fails when anything in it is false, or less is ' +
    'shown than --at-least asks.',
  inputs: [1, 1],
  example: 'smug-out/3.certificate.json',
  calls: ['verify'],
  own: commandOptions.verify,
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const [path] = invocation.inputs;
  const certificate = await readJsonFile(path, 'certificate', 'BAD_CERTIFICATE');
  const { format } = (certificate ?? {}) as { format?: unknown };
  const progress = new Progress();
  const onProgress: OnProgress = (step) => progress.update(`${path}: ${verifyingText(step)}`);
  const verify = format === 'smug-encoding-certificate' ? verifyEncoded : verifySolved;
  const [verdict, text] = await verify(certificate, invocation, onProgress).finally(() => progress.clear());
  process.stdout.write(invocation.json ? `${JSON.stringify(verdict)}\n` : `${terminalSafe(path)}\n${text}`);
  const enough = VERDICTS.indexOf(verdict.verdict) <= VERDICTS.indexOf(invocation.own.atLeast);
  return enough ? ExitCode.done : ExitCode.failed;
}

/** Of a mask problem. */
async function verifySolved(
  certificate: unknown,
  { own: { problem, model }, given, signal }: Invocation<Own>,
  onProgress: OnProgress,
): Promise<[Verdict, string]> {
  if (model !== undefined)
    throw new UsageError('--model is of full encodings; this certificate has all that it is about in itself');
  const verdict = await verifyCertificate(certificate, {
    ...optionsFor(['verify'], given),
    ...(problem !== undefined && { problem: await readJsonFile(problem, 'problem file', 'BAD_PROBLEM') }),
    signal,
    onProgress,
  });
  return [verdict, verdictText(verdict)];
}

/** Of a full encoding: about a network, which is no part of it. */
async function verifyEncoded(
  certificate: unknown,
  { own: { problem, model: source }, given, signal }: Invocation<Own>,
  onProgress: OnProgress,
): Promise<[EncodingVerdict, string]> {
  if (problem !== undefined)
    throw new UsageError('--problem is of mask problems; a full encoding is about a network: give --model');
  if (source === undefined) {
    const named = (certificate as { model?: { source?: unknown } }).model?.source;
    const it = typeof named === 'string' ? `; it was written for ${terminalSafe(named)}` : '';
    throw new UsageError(
      `the certificate of a full encoding is checked against its network: give --model${it}`,
    );
  }
  const { solver: _none, ...options } = optionsFor(['verify'], given);
  // Nothing is run: only the file is read.
  const model = await loadModel(source, { engine: 'reference' });
  try {
    const verdict = await verifyFullEncoding(model, certificate, { ...options, signal, onProgress });
    return [verdict, encodingText(verdict)];
  } finally {
    model.dispose();
  }
}

function encodingText({ verdict, status, mask, bound, size, lowerBound, ...told }: EncodingVerdict): string {
  const { target, delta, reasons, failures } = told;
  const lines: string[] = [verdict];
  if (mask && verdict !== 'refused')
    lines.push(
      `from ${size} ${size === 1 ? 'pixel' : 'pixels'} alone the network reads class ${target}, ${mask.margin.toPrecision(3)} before the next${delta > 0 ? `, more than ${delta}` : ''}: checked exactly`,
    );
  if (bound?.verdict === 'verified-exact')
    lines.push(
      `${status === 'infeasible' ? 'no mask does' : `no mask of fewer than ${lowerBound} pixels does`}: all ${bound.tried} were tried, exactly`,
    );
  return text([...lines, ...reasons, ...failures]);
}

const text = (lines: readonly string[]) => lines.map((line) => `  ${line}\n`).join('');

function verdictText(verdict: Verdict): string {
  const { verdict: word, status, size, lowerBound, rows, forced, bound, heaviest, core } = verdict;
  const claim =
    status === 'infeasible' ? 'no mask satisfies the rows' : `no mask has fewer than ${lowerBound} ones`;
  const lines: string[] = [word];
  if (word !== 'refused') {
    if (rows.checked > 0) lines.push(`the mask of ${size} ones satisfies ${rows.checked} rows, exactly`);
    if (bound) lines.push(`${claim}: ${forced.checked} forced variables, ${tallyText(bound)}`);
    if (heaviest)
      lines.push(`no smallest mask is heavier, weights rounded to 20 bits: ${tallyText(heaviest)}`);
    if (core) {
      const { every, some, none, open, witnesses } = core;
      lines.push(
        `in every smallest mask ${every}, in some ${some}, in none ${none}${open > 0 ? `, left open ${open}` : ''}: ` +
          `${witnesses} witnesses hold exactly, ${tallyText(core)}`,
      );
    }
  }
  return text([...lines, ...verdict.reasons, ...verdict.failures]);
}

function tallyText({ parts, exact, twoProvers, oneProver, notChecked }: Tally): string {
  const told = [`${parts} proofs`, `checked exactly ${exact}`];
  if (twoProvers > 0) told.push(`by two provers ${twoProvers}`);
  if (oneProver > 0) told.push(`by one prover alone ${oneProver}`);
  if (notChecked > 0) told.push(`not checked ${notChecked}`);
  return told.join(', ');
}
