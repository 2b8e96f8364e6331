import test from 'ava';
import { parseInvocation } from '../../dist/cli/flags.js';
import { helpOf, overview } from '../../dist/cli/help.js';
import { commands } from '../../dist/cli/run.js';
import { smug } from './smug.js';

/** The words of a command line as a shell would split it; no example quotes anything. */
const wordsOf = (line: string) => line.trim().split(/\s+/);

test('every help ends with an example that its command takes', (t) => {
  for (const [name, command] of Object.entries(commands)) {
    const [, example] = helpOf(name, command).match(/\nExample:\n {2}smug ([^\n]+)\n$/) ?? [];
    t.truthy(example, name);
    const [first, ...words] = wordsOf(example);
    t.is(first, name);
    t.notThrows(
      () => parseInvocation(command, command.translate?.(words) ?? words, new AbortController().signal),
      example,
    );
  }
});

test('smug --help names every command and ends with an example', async (t) => {
  const { code, stdout } = await smug(['--help']);
  t.is(code, 0);
  t.is(stdout, overview(commands));
  for (const name of Object.keys(commands)) t.regex(stdout, new RegExp(`^  ${name} +\\S`, 'm'));
  t.regex(stdout, /\nExample:\n {2}smug explain [^\n]+\n$/);
});
