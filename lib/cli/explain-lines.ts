import { once } from 'node:events';
import { basename, extname } from 'node:path';
import type { Model } from '../model/model.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, type Invocation } from './command.js';
import { printError } from './describe-error.js';
import { explainOne, type Own } from './explain-one.js';
import { inOrder } from './in-order.js';
import { Progress } from './progress.js';
import { STDIN, textLines, type NamedText } from './text-lines.js';

/** Failed lines that the closing line names. */
const NAMED_FAILURES = 10;

/**
 * `smug explain --lines`: every line of the inputs is a text. Answers go out in the order of the lines, each as soon as
 * it is there; with `--json` one document per line. However many lines come, no more than `--jobs` of them are held.
 */
export async function explainLines(model: Model, invocation: Invocation<Own>): Promise<number> {
  const { inputs, json, signal, own } = invocation;
  const progress = new Progress();
  const failed: string[] = [];
  let done = 0;
  let failures = 0;
  const work = ({ input, text }: NamedText) =>
    explainOne(model, { input, text }, invocation, fileName(input));
  try {
    for await (const { outcome, text } of inOrder(textLines(inputs), own.jobs, signal, work)) {
      done++;
      progress.clear();
      if (outcome.error) {
        failures++;
        if (failed.length < NAMED_FAILURES) failed.push(`${outcome.input} (${outcome.error.code})`);
        if (!json)
          progress.log(`${terminalSafe(outcome.input)}: ${outcome.error.code}: ${outcome.error.message}`);
      }
      const answer = json ? `${JSON.stringify(outcome)}\n` : text;
      // A reader that is slower than we are must not make us keep what it has not read.
      if (answer !== undefined && !process.stdout.write(answer)) await once(process.stdout, 'drain');
      progress.update(`${done} texts`);
    }
  } finally {
    progress.clear();
    // An open standard input would keep the process alive after Ctrl-C.
    if (signal.aborted && inputs.includes(STDIN)) process.stdin.destroy();
  }
  if (failures === 0 && !signal.aborted) return ExitCode.done;
  const list = [
    ...failed,
    ...(failures > failed.length ? ['…'] : []),
    ...(signal.aborted ? ['stopped'] : []),
  ];
  const message = `${failures} of ${done} texts failed: ${list.join(', ')}`;
  printError('smug explain', { code: 'INPUTS_FAILED', message: failures > 0 ? message : 'stopped' }, json);
  return ExitCode.failed;
}

/** `reviews-12` for line 12 of reviews.txt, `text-3` for line 3 of standard input. */
function fileName(input: string): string {
  const [, file, number] = /^(.*):(\d+)$/s.exec(input)!;
  const name = basename(file, extname(file));
  return `${name === '-' || name === '' ? 'text' : name}-${number}`;
}
