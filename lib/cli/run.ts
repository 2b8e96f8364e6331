import { readFileSync } from 'node:fs';
import { isArgumentError } from '../errors.js';
import { attributeCommand } from './attribute.js';
import { ExitCode, helpOf, parseInvocation, UsageError, type Command } from './command.js';
import { describeError } from './describe-error.js';
import { doctorCommand } from './doctor.js';
import { explainCommand } from './explain.js';
import { predictCommand } from './predict.js';
import { solveCommand } from './solve.js';
import { verifyCommand } from './verify.js';

const commands: Record<string, Command> = {
  explain: explainCommand,
  solve: solveCommand,
  attribute: attributeCommand,
  predict: predictCommand,
  verify: verifyCommand,
  doctor: doctorCommand,
};

/**
 * Runs one command line and returns the exit status: 0 done, 1 failed, 2 bad usage. Results go to stdout, progress
 * and errors to stderr. Ctrl-C cancels the work in hand; a second one ends the process at once.
 */
export async function runCommandLine(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? ExitCode.usage : ExitCode.done;
  }
  if (name === '--version') {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    process.stdout.write(`${manifest.version}\n`);
    return ExitCode.done;
  }
  const json = rest.includes('--json');
  if (!Object.hasOwn(commands, name)) {
    return complain(
      new UsageError(`unknown command '${name}'; there are ${Object.keys(commands).join(', ')}`),
      'smug',
      json,
    );
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
    const invocation = parseInvocation(command, rest, controller.signal);
    if (invocation === null) {
      process.stdout.write(helpOf(name, command));
      return ExitCode.done;
    }
    return await command.run(invocation);
  } catch (error) {
    return complain(error, `smug ${name}`, json);
  } finally {
    process.off('SIGINT', cancel);
  }
}

/** Prints an error; with --json on one line. Values out of range and wrong types are bad usage too. */
function complain(error: unknown, name: string, json: boolean): number {
  const usage = error instanceof UsageError || isArgumentError(error) || error instanceof RangeError;
  const { code, message } = describeError(error);
  const tag = code === 'USAGE' ? '' : `${code}: `;
  const text = json ? message.replace(/\s*\n\s*/g, ' ') : message;
  process.stderr.write(`${name}: ${tag}${text}\n`);
  if (usage && !json) process.stderr.write(`Try: ${name} --help\n`);
  return usage ? ExitCode.usage : ExitCode.failed;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary.split('. ')[0].replace(/\.$/, '')}`,
  );
  return `smug: explains what a neural network looked at, with a proof\n\n${lines.join('\n')}\n\nsmug COMMAND --help tells more. Exit status: 0 done, 1 failed, 2 bad usage.\n`;
}
