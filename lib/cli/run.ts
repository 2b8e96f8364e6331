import { holdLittleMemory } from '../addon/memory.js';
import { attributeCommand } from './attribute.js';
import { batchCommand } from './batch.js';
import { ExitCode, UsageError, type Command } from './command.js';
import { compareCommand } from './compare.js';
import { describeError, isUsageError, printError } from './describe-error.js';
import { doctorCommand } from './doctor.js';
import { evaluateCommand } from './evaluate.js';
import { explainCommand } from './explain.js';
import { parseInvocation } from './flags.js';
import { helpOf, overview } from './help.js';
import { predictCommand } from './predict.js';
import { reportCommand } from './report.js';
import { serveCommand } from './serve.js';
import { solveCommand } from './solve.js';
import { statusCommand } from './status.js';
import { submitCommand } from './submit.js';
import { sweepCommand } from './sweep.js';
import { verifyCommand } from './verify.js';
import { workerCommand } from './worker.js';

export const commands: Readonly<Record<string, Command>> = {
  explain: explainCommand,
  batch: batchCommand,
  submit: submitCommand,
  worker: workerCommand,
  status: statusCommand,
  compare: compareCommand,
  evaluate: evaluateCommand,
  sweep: sweepCommand,
  report: reportCommand,
  solve: solveCommand,
  attribute: attributeCommand,
  predict: predictCommand,
  verify: verifyCommand,
  serve: serveCommand,
  doctor: doctorCommand,
};

/**
 * Runs one command line and returns the exit status: 0 done, 1 failed, 2 bad usage. Results go to stdout, progress
 * and errors to stderr. Ctrl-C cancels the work in hand; a second one ends the process at once.
 */
export async function runCommandLine(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(commands));
    return name === undefined ? ExitCode.usage : ExitCode.done;
  }
  const json = rest.includes('--json');
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands).join(', ');
    return complain(new UsageError(`unknown command '${name}'; there are ${known}`), 'smug', json);
  }
  const command = commands[name];
  const controller = new AbortController();
  const cancel = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nsmug: stopping (again to end at once)\n');
    controller.abort();
  };
  process.on('SIGINT', cancel);
  try {
    const invocation = parseInvocation(command, command.translate?.(rest) ?? rest, controller.signal);
    if (invocation === null) {
      process.stdout.write(helpOf(name, command));
      return ExitCode.done;
    }
    if (command.runsLong) holdLittleMemory();
    return await command.run(invocation);
  } catch (error) {
    return complain(error, `smug ${name}`, json);
  } finally {
    process.off('SIGINT', cancel);
  }
}

/** Prints an error and says which exit status it has. */
function complain(error: unknown, name: string, json: boolean): number {
  const usage = isUsageError(error);
  printError(name, describeError(error), json);
  if (usage && !json) process.stderr.write(`Try: ${name} --help\n`);
  return usage ? ExitCode.usage : ExitCode.failed;
}
