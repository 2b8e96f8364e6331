#!/usr/bin/env node
import { ownVersion } from './addon/places.js';

const words = process.argv.slice(2);

// A reader that has seen enough (`smug … | head`) is no failure of the command; a full disk behind `smug … > FILE` is one.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit();
  const error = { code: 'FILE_UNWRITABLE', message: `Standard output cannot be written: ${message}` };
  const line = words.includes('--json') ? JSON.stringify({ error }) : `smug: ${error.code}: ${error.message}`;
  process.stderr.write(`${line}\n`);
  process.exit(1);
});
if (words[0] === '--version') {
  // Answered before the library is loaded, which takes three times as long as Node itself.
  process.stdout.write(`${ownVersion()}\n`);
} else {
  const { runCommandLine } = await import('./cli/run.js');
  process.exitCode = await runCommandLine(words);
}
