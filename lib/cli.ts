#!/usr/bin/env node
import { ownVersion } from './addon/places.js';

// A reader that has seen enough (`smug … | head`) is no failure of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const words = process.argv.slice(2);
if (words[0] === '--version') {
  // Answered before the library is loaded, which takes three times as long as Node itself.
  process.stdout.write(`${ownVersion()}\n`);
} else {
  const { runCommandLine } = await import('./cli/run.js');
  process.exitCode = await runCommandLine(words);
}
