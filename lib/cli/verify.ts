import type { Tally, Verdict } from '../api/verdict.js';
import { loadAddon } from '../addon.js';
import { independentProvers } from '../solvers/evidence/independent-provers.js';
import type { Provers } from '../solvers/provers/prover.js';
import { nativeProvers } from '../solvers/provers/native-provers.js';
import { wasmProvers } from '../solvers/provers/wasm-provers.js';
import { verifyCertificate } from '../verification/verify-certificate.js';
import { ExitCode, numberOption, UsageError, type Command, type Invocation } from './command.js';
import { readJsonFile } from './json-file.js';

export const verifyCommand: Command = {
  usage: 'CERTIFICATE.json [options]',
  summary:
    'Checks a certificate without trusting the solver that wrote it: everything it spells out in exact arithmetic, the rest by ' +
    'asking provers again. Fails when anything in it is false.',
  inputs: [1, 1],
  options: {
    problem: { value: 'FILE', help: 'the mask problem that is meant: the certificate must be about it' },
    'time-limit': { value: 'S', help: 'seconds for everything together; 0: none (default 300)' },
  },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path] = invocation.inputs;
  const timeLimit = numberOption(invocation, 'time-limit');
  if (timeLimit !== undefined && !(timeLimit >= 0 && timeLimit <= 1e6)) {
    throw new UsageError(`--time-limit expects seconds of at least 0, got '${timeLimit}'`);
  }
  const certificate = await readJsonFile(path, 'certificate', 'BAD_CERTIFICATE');
  const { problem } = invocation.options;
  const provers = availableProvers();
  try {
    const verdict = await verifyCertificate(certificate, {
      ...(problem !== undefined && { problem: await readJsonFile(problem, 'problem file', 'BAD_PROBLEM') }),
      provers: independentProvers(provers),
      timeLimit,
      signal: invocation.signal,
    });
    process.stdout.write(invocation.json ? `${JSON.stringify(verdict)}\n` : verdictText(path, verdict));
    return verdict.verdict === 'refused' ? ExitCode.failed : ExitCode.done;
  } finally {
    provers.z3.dispose();
    provers.highs?.dispose();
  }
}

function availableProvers(): Provers {
  const addon = loadAddon();
  return (addon && nativeProvers(addon)) || wasmProvers(1);
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
