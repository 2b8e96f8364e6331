import type { OptionTable } from '../api/option.js';
import { options as declared } from '../api/options.js';
import type { Command } from './command.js';
import { flagsOf } from './flags.js';

/** Columns where lines of the help end at the latest. */
const WIDTH = 100;

/** What `smug NAME --help` prints. */
export function helpOf(name: string, command: Command, table: OptionTable = declared): string {
  const flags = flagsOf(command, table).map(({ flag, declaration, default: value }) => ({
    left: `  --${flag}${declaration.placeholder ? ` ${declaration.placeholder}` : ''}`,
    help:
      value === undefined || typeof value === 'boolean'
        ? declaration.help
        : `${declaration.help} (default: ${String(value)})`,
  }));
  const column = Math.max(...flags.map(({ left }) => left.length)) + 2;
  const lines = flags.map(({ left, help }) => {
    const [first, ...more] = wrapped(help, WIDTH - column);
    return [left.padEnd(column) + first, ...more.map((line) => ' '.repeat(column) + line)].join('\n');
  });
  return (
    `smug ${name} ${command.usage}\n\n${wrapped(command.summary, WIDTH).join('\n')}\n\n${lines.join('\n')}\n\n` +
    `Example:\n  smug ${name} ${command.example}\n`
  );
}

/** What `smug --help` prints. */
export function overview(commands: Readonly<Record<string, Command>>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary.split('. ')[0].replace(/\.$/, '')}`,
  );
  return (
    `smug: explains what a neural network looked at, with a proof\n\n${lines.join('\n')}\n\n` +
    'smug COMMAND --help tells more. Exit status: 0 done, 1 failed, 2 bad usage.\n\n' +
    `Example:\n  smug explain ${commands.explain.example}\n`
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
