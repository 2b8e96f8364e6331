import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { VERDICTS, type Tally, type Verdict } from '../api/verdict.js';
import { verifyCertificate } from '../verify-certificate.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { readJsonFile } from './json-file.js';

type Own = OwnOptions<'verify'>;

export const verifyCommand: Command<Own> = {
  usage: 'CERTIFICATE.json [options]',
  summary:
    'Checks a certificate without trusting the solver that wrote it: everything it spells out in exact arithmetic, the rest by ' +
    'asking provers again. Fails when anything in it is false, or less is shown than --at-least asks.',
  inputs: [1, 1],
  example: 'smug-out/3.certificate.json',
  calls: ['verify'],
  own: commandOptions.verify,
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const [path] = invocation.inputs;
  const certificate = await readJsonFile(path, 'certificate', 'BAD_CERTIFICATE');
  const { problem } = invocation.own;
  const verdict = await verifyCertificate(certificate, {
    ...optionsFor(['verify'], invocation.given),
    ...(problem !== undefined && { problem: await readJsonFile(problem, 'problem file', 'BAD_PROBLEM') }),
    signal: invocation.signal,
  });
  process.stdout.write(invocation.json ? `${JSON.stringify(verdict)}\n` : verdictText(path, verdict));
  const enough = VERDICTS.indexOf(verdict.verdict) <= VERDICTS.indexOf(invocation.own.atLeast);
  return enough ? ExitCode.done : ExitCode.failed;
}

function verdictText(path: string, verdict: Verdict): string {
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
  lines.push(...verdict.reasons, ...verdict.failures);
  return `${path}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function tallyText({ parts, exact, twoProvers, oneProver, notChecked }: Tally): string {
  const told = [`${parts} proofs`, `checked exactly ${exact}`];
  if (twoProvers > 0) told.push(`by two provers ${twoProvers}`);
  if (oneProver > 0) told.push(`by one prover alone ${oneProver}`);
  if (notChecked > 0) told.push(`not checked ${notChecked}`);
  return told.join(', ');
}
