import { ExitCode, type Invocation } from './command.js';
import { printError, type ErrorDescription } from './describe-error.js';
import { terminalSafe } from '../reports/escape.js';

/**
 * Tells which inputs failed, as the last thing that a command does; they never stop the others. What Ctrl-C cut short is no
 * success, even with a result.
 * @returns the exit status
 */
export function reportFailures(
  command: string,
  outcomes: readonly { input: string; error?: ErrorDescription }[],
  wanted: number,
  { json, signal }: Pick<Invocation, 'json' | 'signal'>,
): number {
  const failed = outcomes.flatMap(({ input, error }) => (error ? [{ input, error }] : []));
  if (failed.length === 0 && outcomes.length === wanted)
    return signal.aborted ? ExitCode.failed : ExitCode.done;
  if (wanted === 1 && failed.length === 1) {
    if (json) printError(command, failed[0].error, json);
    return ExitCode.failed;
  }
  const left = wanted - outcomes.length;
  const list = [
    ...failed.map(({ input, error }) => `${input} (${error.code})`),
    ...(left > 0 ? [`${left} not started`] : []),
  ].join(', ');
  const message = `${failed.length + left} of ${wanted} inputs failed: ${list}`;
  printError(command, { code: 'INPUTS_FAILED', message }, json);
  return ExitCode.failed;
}

/**
 * The same for what was measured over many files: every failed one with its reason, as lines for people or within one error. The
 * journal keeps them.
 * @returns the exit status
 */
export function reportFailedFiles(
  command: string,
  failed: readonly { file: string; code: string; message: string }[],
  total: number,
  json: boolean,
): number {
  if (failed.length === 0) return ExitCode.done;
  const list = failed.map(({ file, code, message }) => `${file}: ${code}: ${message}`);
  if (!json) for (const line of list) process.stderr.write(`${terminalSafe(line)}\n`);
  const message = `${failed.length} of ${total} inputs failed${json ? `: ${list.join('; ')}` : ''}. With --retry the same command takes them up again.`;
  printError(command, { code: 'INPUTS_FAILED', message }, json);
  return ExitCode.failed;
}
