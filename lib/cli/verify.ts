import { loadAddon } from '../addon.js';
import type { Provers } from '../solvers/provers/prover.js';
import { nativeProvers } from '../solvers/provers/native-provers.js';
import type { Tally } from '../solvers/evidence/tally.js';
import { verifyCertificate, type Verification } from '../solvers/evidence/verify-certificate.js';
import { wasmProvers } from '../solvers/provers/wasm-provers.js';
import { ExitCode, numberOption, UsageError, type Command, type Invocation } from './command.js';
import { readJsonFile } from './json-file.js';

export const verifyCommand: Command = {
  usage: 'CERTIFICATE.json [options]',
  summary:
    'Checks a certificate without trusting the solver that wrote it: rows in exact arithmetic, bounds replayed or proven ' +
    'again by another engine. Fails when anything in it is false.',
  inputs: [1, 1],
  options: { 'time-limit': { value: 'S', help: 'seconds an engine may take over a component (default 60)' } },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path] = invocation.inputs;
  const timeLimit = numberOption(invocation, 'time-limit') ?? 60;
  if (!(timeLimit > 0 && timeLimit <= 1e6)) {
    throw new UsageError(`--time-limit expects seconds above 0, got '${timeLimit}'`);
  }
  const certificate = await readJsonFile(path, 'certificate', 'BAD_CERTIFICATE');
  const engines = availableEngines();
  try {
    const verification = await verifyCertificate(certificate, {
      backends: [engines.z3, ...(engines.highs ? [engines.highs] : [])],
      timeLimit,
      signal: invocation.signal,
    });
    process.stdout.write(
      invocation.json ? `${JSON.stringify(verification)}\n` : verificationText(path, verification),
    );
    return verification.verdict === 'refused' ? ExitCode.failed : ExitCode.done;
  } finally {
    engines.z3.dispose();
    engines.highs?.dispose();
  }
}

function availableEngines(): Provers {
  const addon = loadAddon();
  return (addon && nativeProvers(addon)) || wasmProvers(1);
}

function verificationText(path: string, verification: Verification): string {
  const { verdict, failures, rows, forced, components, heaviest, core, reasons } = verification;
  const lines = [
    `${verdict}: ${rows.checked} rows hold exactly, ${forced.checked} forced variables follow`,
    `bounds of ${tallyText(components)}`,
  ];
  if (heaviest) lines.push(`no smallest mask is heavier: ${tallyText(heaviest)}`);
  if (core) {
    const { every, some, none, open } = core.claims;
    lines.push(
      `in every smallest mask ${every}, in some ${some}, in none ${none}${open > 0 ? `, left open ${open}` : ''}: ` +
        `${core.witnesses} witnesses hold exactly, ${tallyText(core.components)}`,
    );
  }
  lines.push(...reasons, ...failures);
  return `${path}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function tallyText({ count, replayed, reproven, oneEngine, unproven }: Tally): string {
  const { rows, dual, blocks, enumeration } = replayed;
  return (
    `${count} components: replayed exactly ${rows + dual + blocks + enumeration} ` +
    `(rows ${rows}, dual vectors ${dual}, blocks ${blocks}, enumeration ${enumeration})` +
    Object.entries(reproven)
      .map(([engine, times]) => `, proven again by ${engine} ${times}`)
      .join('') +
    (unproven > 0 ? `, not proven here ${unproven}` : '') +
    (oneEngine > 0 ? `, resting on one engine alone ${oneEngine}` : '')
  );
}
